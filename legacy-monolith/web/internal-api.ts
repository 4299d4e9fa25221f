import { createHash, timingSafeEqual } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import {
  changesAfter,
  type Entity,
  entities,
  hashesOf,
  logRange,
  rowsAfter,
} from '../internal/change-log.ts';
import { digestsAfter } from '../internal/digest.ts';
import { Unfit } from '../internal/fields.ts';
import { Conflict, writeOrder, writeProduct, writeStock, writeUser } from '../internal/writes.ts';
import { cancelOrder } from '../orders.ts';
import { type Shop, ShopError } from '../shop.ts';
import { field, toId } from './page.ts';

export interface InternalApi {
  readonly router: Router;
  /** Answers those who wait for changes, with none. */
  end(): void;
}

const maxWait = 20_000;
const maxWaiting = 32;
const pollEvery = 50;

/**
 * `/internal`, for the processes that move the shop's data. Who has the token may do all of it; without a token in the
 * settings nothing is there.
 */
export function internalApi(shop: Shop): InternalApi {
  const router = Router();
  const ended = new AbortController();
  let waiting = 0;
  const { internalToken: token } = shop;
  if (!token) return { router, end: () => {} };

  router.use('/internal', (req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    const [, given = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? [];
    if (isSame(given, token)) return next();
    res.status(401).setHeader('WWW-Authenticate', 'Bearer').json({ error: 'the internal token is needed' });
  });

  router.get('/internal/changes', async (req, res) => {
    const after = number(req, 'after', Number.MAX_SAFE_INTEGER) ?? 0;
    const limit = number(req, 'limit', 1000) ?? 100;
    const wait = number(req, 'wait', maxWait) ?? 0;
    const until = waiting < maxWaiting ? performance.now() + wait : 0;
    waiting += 1;
    try {
      const isAwaited = (): boolean => !res.closed && !ended.signal.aborted && performance.now() < until;
      while (isAwaited() && logRange(shop).last <= after) {
        await new Promise(resolve => setTimeout(resolve, pollEvery));
      }
    } finally {
      waiting -= 1;
    }
    if (res.closed) return;
    const { first, last } = logRange(shop);
    if (after < first - 1 || after > last) {
      return void res
        .status(410)
        .json({ error: `the log holds ${first} to ${last}, not ${after + 1}`, first, last });
    }
    res.json({ changes: changesAfter(shop, after, limit), last });
  });

  router.get('/internal/snapshot', (req, res) => {
    const { entity, after, limit } = page(req);
    // Read first: what changes afterwards has a higher number, and is in the rows already at worst.
    const { last } = logRange(shop);
    const rows = rowsAfter(shop, entity, after, limit);
    const isWithHashes = entity === 'users' && field(req.query, 'with') === 'password_hash';
    res.json({ rows: isWithHashes ? hashesOf(shop, rows) : rows, last });
  });

  router.get('/internal/digest', (req, res) => {
    const { entity, after, limit } = page(req);
    res.json({ digests: digestsAfter(shop, entity, after, limit) });
  });

  router.put('/internal/orders/:id', (req, res) => {
    writeOrder(shop, id(req), req.body);
    res.status(204).end();
  });
  router.post('/internal/orders/:id/cancel', (req, res) => {
    cancelOrder(shop, id(req));
    res.status(204).end();
  });
  router.put('/internal/products/:id', (req, res) => {
    writeProduct(shop, id(req), req.body);
    res.status(204).end();
  });
  router.put('/internal/products/:sku/stock', (req, res) => {
    res.json({ stock: writeStock(shop, req.params.sku, req.body) });
  });
  router.put('/internal/users/:id', (req, res) => {
    writeUser(shop, id(req), req.body);
    res.status(204).end();
  });

  router.use('/internal', (error: unknown, _req: Request, res: Response, next: (error: unknown) => void) => {
    if (error instanceof Unfit) return void res.status(400).json({ error: error.message });
    if (error instanceof Conflict || error instanceof ShopError) {
      return void res.status(409).json({ error: error.message });
    }
    next(error);
  });
  return { router, end: () => ended.abort() };
}

/** In constant time, whatever the lengths. */
function isSame(given: string, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}

function number(req: Request, name: string, max: number): number | undefined {
  const text = field(req.query, name);
  if (text === '') return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new Unfit(`${name}: expected a whole number from 0 to ${max}, got ${text.slice(0, 60)}`);
}

function page(req: Request): { entity: Entity; after: number; limit: number } {
  const given = field(req.query, 'entity');
  const entity = entities.find(known => known === given);
  if (!entity) throw new Unfit(`entity: expected ${entities.join(', ')}, got ${given.slice(0, 60)}`);
  return {
    entity,
    after: number(req, 'after', Number.MAX_SAFE_INTEGER) ?? 0,
    limit: number(req, 'limit', 1000) ?? 500,
  };
}

function id(req: Request): number {
  const value = toId(req.params.id);
  if (value) return value;
  throw new Unfit(`id: expected a whole number of 1 or more, got ${String(req.params.id).slice(0, 60)}`);
}
