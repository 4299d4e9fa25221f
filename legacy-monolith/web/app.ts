import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { fileURLToPath } from 'node:url';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Shop } from '../shop.ts';
import { accountPages } from './account-pages.ts';
import { adminPages } from './admin-pages.ts';
import { api } from './api.ts';
import { cartPages } from './cart-pages.ts';
import { exports } from './exports.ts';
import { internalApi } from './internal-api.ts';
import { loginPages } from './login-pages.ts';
import { errorPage } from './page.ts';
import { peopleApi } from './people-api.ts';
import { peoplePages } from './people-pages.ts';
import { records } from './records.ts';
import { shopPages } from './shop-pages.ts';
import { createTicker } from './ticker.ts';

export interface ShopApp {
  readonly handle: (req: IncomingMessage, res: ServerResponse) => void;
  /** Ends the answers that would go on for ever. */
  endStreams(): void;
}

/** Everything that the monolith answers, in one application. */
export function createShopApp(shop: Shop): ShopApp {
  const app = express();
  const ticker = createTicker(shop);
  const internal = internalApi(shop);
  app.set('query parser', 'simple');
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    res.setHeader('Date', new Date(shop.now()).toUTCString());
    res.setHeader('X-Powered-By', 'Shop/3.2');
    next();
  });
  app.use('/static', express.static(fileURLToPath(new URL('../public', import.meta.url)), { maxAge: '1h' }));
  app.use((_req, res, next) => {
    res.setHeader('Expires', 'Thu, 01 Jan 1970 00:00:00 GMT');
    res.setHeader('Cache-Control', 'private');
    next();
  });
  app.get('/ping', (_req, res) => {
    res.type('text').send('pong\n');
  });
  app.use(express.urlencoded({ extended: false, limit: '64kb' }), express.json({ limit: '64kb' }));
  app.use(shopPages(shop), cartPages(shop), loginPages(shop), accountPages(shop), api(shop), exports(shop));
  app.use(peoplePages(shop), peopleApi(shop), records(shop), adminPages(shop), internal.router);
  app.get('/events/orders', ticker.stream);
  app.use((req, res) => {
    res.status(404).send(errorPage(404, 'Not Found', `${req.path} is not on this server.`));
  });
  app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    const status = statusOf(error);
    if (status === 500) console.error(`legacy: ${req.method} ${req.path}: ${String(error)}`);
    const page = errorPage(status, STATUS_CODES[status] ?? 'Error', 'Please go back and try again.');
    res.status(status).type('html').send(page);
  });
  return {
    handle: app,
    endStreams() {
      ticker.end();
      internal.end();
    },
  };
}

/** 400 to 499 where a parser says so; anything else is the shop's own fault. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status >= 400 && status < 500 ? status : 500;
}
