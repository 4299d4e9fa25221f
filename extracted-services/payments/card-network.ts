import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../chassis/clock.ts';
import { testCards } from './card.ts';

/**
 * The acquirer that stands for all card networks: an HTTP server on loopback that plays a part for each test card, so
 * that timeouts, retries and the breaker in front of it are real. `PUT /operations/:key` does what its body says, once
 * for each key; `GET /operations/:key` tells what became of it. It remembers while the process runs.
 */
export interface CardNetwork {
  readonly url: string;
  /** What it was asked to do, repetitions included: `authorise 201`, `capture 500`, `authorise cut`, `refund again`. */
  readonly asked: readonly string[];
  /** The card that breaks it does so no more. */
  heal(): void;
  close(): Promise<void>;
}

export interface CardNetworkOptions {
  readonly clock?: Clock;
  /** Milliseconds that it takes for the slow card; default 5,000. */
  readonly slowness?: number;
  /** Milliseconds after which it heals by itself, from the first break on; default 60,000. */
  readonly healsAfter?: number;
}

/** What it makes of an operation. */
type Outcome =
  | { readonly outcome: 'approved'; readonly authorisation: string; readonly token: string }
  | { readonly outcome: 'declined'; readonly reason: string };

/** Operations and askings that are remembered. */
const maxRemembered = 10_000;
const maxBody = 4096;

export async function startCardNetwork(options: CardNetworkOptions = {}): Promise<CardNetwork> {
  const { clock = systemClock, slowness = 5000, healsAfter = 60_000 } = options;
  const secret = randomBytes(32);
  const done = new Map<string, Outcome | 'working'>();
  const asked: string[] = [];
  let breaksSince: number | undefined;
  let isHealed = false;
  let breaks = 0;

  const tokenOf = (card: string): string =>
    `card_${createHmac('sha256', secret).update(card).digest('base64url').slice(0, 24)}`;

  const remember = (key: string, outcome: Outcome | 'working'): void => {
    done.set(key, outcome);
    const [oldest] = done.size > maxRemembered ? done.keys() : [];
    if (oldest !== undefined) done.delete(oldest);
  };

  const note = (what: string): void => {
    asked.push(what);
    if (asked.length > maxRemembered) asked.shift();
  };

  function isBroken(card: string | undefined): boolean {
    if (card !== testCards.breaks || isHealed) return false;
    breaksSince ??= clock.now();
    isHealed = clock.now() - breaksSince >= healsAfter;
    return !isHealed;
  }

  const server = createServer(async (req, res) => {
    const key = /^\/operations\/([\w-]{1,64})$/.exec(req.url ?? '')?.[1];
    if (key === undefined) return answer(res, 404, { error: 'nothing is there' });
    if (req.method === 'GET') return tell(res, done.get(key));
    const { kind = '', card, authorisation } = await read(req);
    if (isBroken(card)) {
      breaks += 1;
      note(`${kind} ${breaks % 2 === 1 ? '500' : 'cut'}`);
      return breaks % 2 === 1 ? answer(res, 500, { error: 'broken' }) : void req.socket.destroy();
    }
    const known = done.get(key);
    if (known !== undefined) {
      note(`${kind} again`);
      return tell(res, known);
    }
    note(`${kind} 201`);
    const outcome = decide(card, authorisation);
    if (card !== testCards.isSlow) {
      remember(key, outcome);
      return answer(res, 201, outcome);
    }
    remember(key, 'working');
    clock.after(slowness, () => {
      remember(key, outcome);
      answer(res, 201, outcome);
    });
  });

  const decide = (card: string | undefined, authorisation = `auth_${randomUUID()}`): Outcome =>
    card === testCards.declines
      ? { outcome: 'declined', reason: 'do-not-honour' }
      : { outcome: 'approved', authorisation, token: card === undefined ? '' : tokenOf(card) };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    heal() {
      isHealed = true;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** 202 while it is at it, 404 for what it never heard of. */
function tell(res: ServerResponse, outcome: Outcome | 'working' | undefined): void {
  if (outcome === undefined) answer(res, 404, { error: 'unknown' });
  else if (outcome === 'working') answer(res, 202, { outcome: 'working' });
  else answer(res, 200, outcome);
}

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

interface Asked {
  readonly kind?: string;
  readonly card?: string;
  readonly authorisation?: string;
}

async function read(req: IncomingMessage): Promise<Asked> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += chunk;
    if (text.length > maxBody) return {};
  }
  try {
    return JSON.parse(text) as Asked;
  } catch {
    return {};
  }
}
