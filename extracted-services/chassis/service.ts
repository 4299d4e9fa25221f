import { once } from 'node:events';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Authority, createAuthority } from './auth.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { createListener } from './listener.ts';
import { createLog } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Tls } from './tls.ts';

export interface ServiceOptions {
  readonly name: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly endpoints: readonly Endpoint[];
  /** What `GET /openapi.json` answers. */
  readonly openapi: object;
  /** Says who calls; needed as soon as one endpoint is not open. The service closes it. */
  readonly authority?: Authority;
  /** Default: a set of its own. */
  readonly metrics?: Metrics;
  /** Whether it may get traffic; default yes, as long as it is not stopping. */
  readonly isReady?: () => boolean | Promise<boolean>;
  /** Mutual TLS: whoever connects must show a certificate that `ca` signed. */
  readonly tls?: Tls | undefined;
  /** Takes one JSON record a line. */
  readonly log?: (line: string) => void;
  /** Called when the last answer is out. */
  readonly onClose?: () => Promise<void>;
}

/** A service that listens. */
export interface Service {
  readonly url: string;
  /** `/readyz` says no, no new connections, requests under way get up to ten seconds, then `onClose`. */
  close(): Promise<void>;
}

const drainTimeout = 10_000;
const timeouts = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 75_000 };

/** Listens, with `/livez`, `/readyz`, `/metrics` and `/openapi.json` beside the endpoints. Rejects if the port is taken. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { host = '127.0.0.1', port = 0, name, log = () => {}, metrics = createMetrics() } = options;
  const authority = options.authority ?? nobody(options.endpoints);
  let isDraining = false;
  const isReady = async (): Promise<boolean> => !isDraining && (await (options.isReady?.() ?? true));
  const server = createServer(
    options.tls,
    createListener({
      service: name,
      endpoints: [...options.endpoints, ...standardEndpoints(options.openapi, metrics, isReady)],
      authority,
      metrics,
      log: createLog(name, log),
      isDraining: () => isDraining,
    }),
  );
  const end = async (): Promise<void> => {
    authority.close();
    await options.onClose?.();
  };
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    await end();
    throw error;
  }
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(server, options.tls),
    close() {
      isDraining = true;
      closed ??= drain(server).then(end);
      return closed;
    },
  };
}

/** The authority of a service whose endpoints are all open. */
function nobody(endpoints: readonly Endpoint[]): Authority {
  const guarded = endpoints.find(({ access }) => access !== 'open');
  if (guarded) throw new TypeError(`${guarded.path} is not open, and there is no authority`);
  return createAuthority({ issuers: [] });
}

const createServer = (tls: Tls | undefined, listener: RequestListener): Server =>
  tls === undefined
    ? createPlain(timeouts, listener)
    : createSecure(
        { ...timeouts, ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
        listener,
      );

const standardEndpoints = (
  openapi: object,
  metrics: Metrics,
  isReady: () => Promise<boolean>,
): readonly Endpoint[] => {
  const open = (path: string, handle: () => Answer | Promise<Answer>): Endpoint => ({
    method: 'GET',
    path,
    access: 'open',
    handle,
  });
  return [
    open('/livez', () => ({ status: 200, body: 'ok\n' })),
    open('/readyz', async () =>
      (await isReady()) ? { status: 200, body: 'ready\n' } : { status: 503, body: 'not ready\n' },
    ),
    open('/metrics', () => ({ status: 200, body: metrics.text() })),
    open('/openapi.json', () => ({ status: 200, body: openapi })),
  ];
};

function urlOf(server: Server, tls: Tls | undefined): string {
  const { family, address, port } = server.address() as AddressInfo;
  return `http${tls ? 's' : ''}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A kept-alive connection becomes idle when its last answer is out, and would stay open for a while.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const deadline = setTimeout(() => server.closeAllConnections(), drainTimeout);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}
