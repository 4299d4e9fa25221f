import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../gateway/core/clock.ts';
import { errorRow, Refusal } from '../../gateway/core/errors.ts';
import { createEvents, type GatewayEvent } from '../../gateway/core/events.ts';
import { Exchange, type Identity, type RouteFacts, type Target } from '../../gateway/core/exchange.ts';
import type { Tap } from '../../gateway/core/tap.ts';
import { continueTrace } from '../../gateway/core/trace-context.ts';
import { createProxy } from '../../gateway/proxy/middleware.ts';
import type { Plan } from '../../gateway/proxy/plan.ts';
import { upstream as upstreamSchema } from '../../gateway/proxy/schema.ts';
import { openTransport } from '../../gateway/proxy/transport.ts';
import { answerOn } from '../../gateway/proxy/upgrade.ts';
import type { AttemptEnd, Permit, Upstream } from '../../gateway/proxy/upstream.ts';

/** An upstream without policy: real connections, and every attempt is let in. */
export interface OpenUpstream extends Upstream {
  /** How the attempts ended, in order. */
  readonly ends: AttemptEnd[];
}

export function upstreamAt(origin: string, settings: Partial<Upstream> = {}): OpenUpstream {
  const { timeout = 5000, idle = 5000 } = settings;
  const config = settings.config ?? upstreamSchema.parse({ url: origin });
  const transport = openTransport(origin, { timeout, idle, tls: undefined });
  const instance = { origin, authority: new URL(origin).host, transport };
  const ends: AttemptEnd[] = [];
  const enter = (): Permit => {
    let isSettled = false;
    return {
      instance,
      answered() {},
      denied() {},
      settle(end) {
        if (!isSettled) ends.push(end);
        isSettled = true;
      },
    };
  };
  return {
    name: 'orders',
    isMonolith: false,
    hostPolicy: 'service',
    attempts: 1,
    enter,
    hasCredentials: false,
    instance: () => instance,
    authorization: () => undefined,
    takeRetry: () => true,
    status: () => ({
      name: 'orders',
      breaker: 'none',
      inFlight: 0,
      queued: 0,
      openConnections: transport.openConnections(),
      instances: [],
    }),
    close: () => transport.close(),
    ...settings,
    config,
    timeout,
    idle,
    ends,
  };
}

export function planFor(
  upstream: Upstream,
  more: Partial<Plan> & { side?: 'legacy' | 'service' } = {},
): Plan {
  const { side = 'service', ...plan } = more;
  return {
    leg: { side, upstream, rewrite: undefined, withheld: undefined },
    fallback: undefined,
    maxBody: Number.POSITIVE_INFINITY,
    fields: [],
    ownsCors: false,
    isDebugged: false,
    ...plan,
  };
}

/** A gateway of one plan: a real server, an Exchange for each request, and the proxy. */
export interface Rig extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
  readonly proxy: ReturnType<typeof createProxy>;
  readonly events: readonly GatewayEvent[];
  /** Exchanges that are over, oldest first. */
  readonly finished: readonly Exchange[];
  /** Replaces the plan from now on. */
  plan: Plan;
}

export interface RigOptions {
  readonly plan: Plan;
  readonly clock?: Clock;
  readonly trusted?: boolean;
  readonly identity?: Identity;
  readonly tap?: Tap;
}

const route: RouteFacts = {
  name: 'orders-read',
  index: 1,
  owner: '',
  stage: 'canary',
  data: 'synced',
  service: 'orders',
};

export async function openRig({
  plan,
  clock = systemClock,
  trusted = false,
  identity,
  tap,
}: RigOptions): Promise<Rig> {
  const bus = createEvents();
  const events: GatewayEvent[] = [];
  for (const type of ['retried', 'fell-back', 'upstream-answered'] as const)
    bus.on(type, event => events.push(event));
  const proxy = createProxy({ events: bus, clock });
  const finished: Exchange[] = [];
  const upgraded = new Set<Duplex>();

  const open = (req: IncomingMessage): Exchange => {
    const exchange = new Exchange({
      req,
      id: 'request-1',
      startedAt: clock.now(),
      client: { peer: '127.0.0.1', trusted, address: '127.0.0.1', proto: 'http' },
      method: req.method ?? 'GET',
      target: targetOf(req.url ?? '/'),
      isOverridden: req.headers['x-http-method-override'] !== undefined,
      isUpgrade: req.headers.upgrade !== undefined,
      traceparent: continueTrace(req.headers.traceparent as string | undefined),
      route,
      decision: { serve: 'service', shadow: undefined, because: 'canary', detail: '' },
    });
    if (identity !== undefined) exchange.identity = identity;
    exchange.tap = tap;
    exchange.answerFields.push('x-request-id', exchange.id);
    return exchange;
  };

  const server = createServer(async (req, res) => {
    const exchange = open(req);
    try {
      await proxy.forward(exchange, res, rig.plan);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('internal', String(error));
      res.writeHead(errorRow(refusal.code).status, [...refusal.fields]);
      res.end(refusal.code);
    }
    finished.push(exchange);
  });
  server.on('upgrade', async (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    const exchange = open(req);
    try {
      await proxy.upgrade(exchange, socket, head, rig.plan);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('internal', String(error));
      answerOn(req, socket).writeHead(errorRow(refusal.code).status).end(refusal.code);
    }
    finished.push(exchange);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const rig: Rig = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    proxy,
    events,
    finished,
    plan,
    async [Symbol.asyncDispose]() {
      await proxy.close();
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await new Promise<unknown>(resolve => {
        server.close(resolve);
      });
    },
  };
  return rig;
}

function targetOf(raw: string): Target {
  const mark = raw.indexOf('?');
  const path = mark < 0 ? raw : raw.slice(0, mark);
  return { raw, path, query: mark < 0 ? '' : raw.slice(mark), isOdd: false };
}

/** Waits until `isTrue` is, asking again on every turn of the event loop. */
export async function eventually(isTrue: () => boolean, what: string, ms = 5000): Promise<void> {
  const end = performance.now() + ms;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise(resolve => {
      setTimeout(resolve, 2);
    });
  }
}
