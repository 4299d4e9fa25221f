import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Issuer, openIssuer } from '../kit/issuer.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { openRaw, sendRaw } from '../kit/raw.ts';
import { demand, within } from './kind.ts';

/** A gateway in a process of its own between whoever tries something and two upstreams that say what they saw. */
export interface Target extends AsyncDisposable {
  readonly url: string;
  readonly issuer: Issuer;
  /**
   * Sends bytes in so many pieces, hangs up, and resolves with all that came back. Rejects if the gateway does not end
   * the connection, or answers with a failure of its own, or if what it forwards is malformed.
   */
  say(bytes: string, pieces?: number): Promise<string>;
  /** Rejects unless the process runs and serves. */
  expectAlive(): Promise<void>;
  /** Resident memory, bytes. */
  memory(): Promise<number>;
}

/** What a client has that a partner gave a key to. */
export const partnerKey = 'fgw_fuzz-0123456789abcdef';
/** The cookie of somebody who is logged in. */
export const sessionCookie = 'sid=good';
/** Longest that a connection may stay open after its client has hung up, milliseconds. */
const patience = 20_000;
/** Milliseconds for an answer; a message that is not whole gets none. */
const glance = 12;

const yaml = (legacy: string, orders: string, issuer: Issuer): string => `
monolith: legacy
upstreams: { legacy: { url: "${legacy}" }, orders: { url: "${orders}" } }
auth:
  jwt: { issuer: "${issuer.url}", audience: shop, jwks: "${issuer.jwks}", algorithms: [ES256] }
  apiKeys: { keys: [ { id: partner, sha256: "${hash('sha256', partnerKey)}" } ] }
  session: { cookie: sid, verify: { upstream: legacy, path: /whoami } }
edge: { bruteForce: off }
log: { level: error }
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced, auth: public }
  closed: { match: [/closed], service: orders, stage: migrated, data: synced, auth: required }
`;

export async function openTarget(): Promise<Target> {
  const malformed: string[] = [];
  const legacy = await openWitness('legacy', malformed);
  const orders = await openWitness('orders', malformed);
  const issuer = await openIssuer();
  const gateway = await startGatewayProcess(yaml(legacy.url, orders.url, issuer));
  const expectRunning = (): void =>
    demand(
      gateway.child.exitCode === null && gateway.child.signalCode === null,
      `crashed:\n${gateway.output()}`,
    );

  return {
    url: gateway.url,
    issuer,
    async say(bytes, pieces = 1) {
      const client = await openRaw(gateway.url).catch(error => {
        expectRunning();
        throw error;
      });
      try {
        const step = Math.ceil(bytes.length / pieces) || 1;
        for (let at = 0; at < bytes.length; at += step) {
          client.send(bytes.slice(at, at + step));
          await new Promise(resolve => setImmediate(resolve));
        }
        await Promise.race([client.rest(), sleep(glance)]);
        client.socket.end();
        const said = (await within(patience, 'the end of a connection', client.rest())).toString('latin1');
        expectRunning();
        expectNoFailure(said);
        demand(malformed.length === 0, `an upstream got a malformed request: ${malformed.splice(0).join()}`);
        return said;
      } finally {
        client.close();
      }
    },
    async expectAlive() {
      expectRunning();
      const { status } = await within(patience, 'a good request', sendRaw(gateway.url, good));
      demand(status === 200, `a good request gets ${status}`);
      demand(
        !/"event":"crashed"/.test(gateway.output()),
        `it logged a failure of its own:\n${gateway.output()}`,
      );
    },
    memory: gateway.memory,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
      await Promise.all([legacy.close(), orders.close()]);
    },
  };
}

const good = 'GET /orders/1 HTTP/1.1\r\nHost: shop\r\n\r\n';

/** 501 is for codings that are not supported, 508 for a request that says it was here; no upstream fails here. */
function expectNoFailure(said: string): void {
  const heads = said.match(/^HTTP\/1\.1 5\d\d .*$/gm) ?? [];
  const failures = heads.filter(line => !/ 50[18] /.test(line));
  demand(failures.length === 0, `it answered ${failures.join()}`);
  demand(said === '' || /^HTTP\/1\.1 \d{3} /.test(said), `it said ${JSON.stringify(said.slice(0, 200))}`);
}

/** An upstream that tells in its answer what it was asked for, and by whom; it knows who is logged in. */
async function openWitness(name: string, malformed: string[]) {
  const server = createServer({ maxHeaderSize: 128 * 1024 }, (req, res) => testify(name, req, res));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // An upload that the gateway gave up is cut, and so is the connection.
    if (!brokenOff.has(error.code ?? '')) malformed.push(`${error.code} ${error.message}`);
    socket.destroy();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => close(server),
  };
}

const brokenOff: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);

function testify(name: string, req: IncomingMessage, res: ServerResponse): void {
  req.resume();
  if (name === 'legacy' && req.url === '/whoami') {
    const isKnown = req.headers.cookie === sessionCookie;
    res.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    res.end(isKnown ? '{"sub":"carol"}' : '{}');
    return;
  }
  res.writeHead(200, {
    'x-side': name,
    'x-target': encodeURIComponent(req.url ?? ''),
    'x-user': encodeURIComponent(String(req.headers['x-user-id'] ?? '')),
  });
  res.end('ok');
}

const close = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** What an upstream said it saw; undefined if none was asked. */
export function sightOf(said: string): { side: string; target: string; user: string } | undefined {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)\\r$`, 'm').exec(said)?.[1];
  const side = field('x-side');
  if (side === undefined) return undefined;
  const [target, user] = [field('x-target') ?? '', field('x-user') ?? ''];
  return { side, target: decodeURIComponent(target), user: decodeURIComponent(user) };
}
