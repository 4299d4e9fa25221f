import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openDatabase } from './database.ts';
import { captureChanges } from './internal/change-capture.ts';
import { schema } from './schema.ts';
import { isEmpty, seed } from './seed.ts';
import type { Shop } from './shop.ts';
import { createShopApp } from './web/app.ts';

export interface MonolithOptions {
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** A file, or `:memory:`. */
  readonly database?: string;
  /** With a clock and ids of your own, two monoliths give the same answers byte for byte. */
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly reportDelay?: number;
  /** The secret of `/internal`; without one nothing is there. */
  readonly internalToken?: string;
  /** Rows that the log of changes keeps; default 10,000. */
  readonly keptChanges?: number;
}

export interface Monolith {
  readonly url: string;
  /** Ends what streams without end, lets the rest finish for up to ten seconds, and closes the database. */
  close(): Promise<void>;
}

const drainTimeout = 10_000;

/** Opens the shop, seeds it if it is empty, and listens. Rejects if the port is taken. */
export async function startMonolith(options: MonolithOptions = {}): Promise<Monolith> {
  const { host = '127.0.0.1', port = 4000, database: file = ':memory:' } = options;
  const database = openDatabase(file);
  database.script(schema);
  if (isEmpty(database)) seed(database);
  captureChanges(database, options.keptChanges);
  const shop: Shop = {
    database,
    now: options.now ?? Date.now,
    newId: options.newId ?? (() => randomBytes(18).toString('base64url')),
    reportDelay: options.reportDelay ?? 1500,
    placed: new EventEmitter(),
    internalToken: options.internalToken,
  };
  shop.placed.setMaxListeners(0);
  const app = createShopApp(shop);
  const server = createServer(app.handle);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    database.close();
    throw error;
  }
  const address = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close() {
      closed ??= drain(server, app.endStreams).then(() => database.close());
      return closed;
    },
  };
}

async function drain(server: Server, endStreams: () => void): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  endStreams();
  // A kept-alive connection becomes idle when its last answer is out, and would stay open for a while.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const deadline = setTimeout(() => server.closeAllConnections(), drainTimeout);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}
