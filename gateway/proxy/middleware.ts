import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import type { Exchange } from '../core/exchange.ts';
import { type ForwardDeps, Forwarding } from './forward.ts';
import type { Plan } from './plan.ts';
import { createUpgrades } from './upgrade.ts';

export interface Proxy {
  /**
   * Resolves when the client has its answer, or is gone. Rejects with a Refusal if there is none to give; then nothing
   * was sent, and the caller answers.
   */
  forward(exchange: Exchange, res: ServerResponse, plan: Plan): Promise<void>;
  /** The same for an upgrade; resolves when the WebSocket is closed. */
  upgrade(exchange: Exchange, socket: Duplex, head: Buffer, plan: Plan): Promise<void>;
  /** Ends WebSockets with 1001 at a frame boundary; resolves when they are closed, after `ms` whatever they do. */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * What http-proxy-middleware carries through as its request. It looks at `url` and `socket.server` only: an empty `url`
 * spares it the parsing of targets that it would get wrong (`//x`); without a server it adds no listeners to one, and
 * for an upgrade it asks that there be some server, and nothing of it.
 */
class Job {
  readonly url = '';
  readonly socket: { readonly server: object } | undefined;
  /** What the plugin does in the place of the transport that it replaces. */
  readonly start: () => Promise<void>;
  outcome: unknown;

  constructor(start: () => Promise<void>, socket?: { readonly server: object }) {
    this.start = start;
    this.socket = socket;
  }
}

/** The proxy. This is the only file that knows http-proxy-middleware: one instance, its transport replaced by ours. */
export function createProxy(deps: ForwardDeps): Proxy {
  const upgrades = createUpgrades(deps);
  const middleware = createProxyMiddleware({
    // An object is never parsed again; nothing is ever sent there.
    target: { host: 'plan.invalid', port: 1 },
    pathFilter: () => true,
    // Its own plugins answer errors and log; both have their place elsewhere in this house.
    ejectPlugins: true,
    plugins: [replaceTransport],
  });

  return {
    async forward(exchange, res, plan) {
      const job = new Job(() => new Forwarding(exchange, res, plan, deps).run());
      await middleware(job as unknown as IncomingMessage, res);
      if (job.outcome !== undefined) throw job.outcome;
    },
    upgrade(exchange, socket, head, plan) {
      return new Promise((resolve, reject) => {
        const job = new Job(() => upgrades.forward(exchange, socket, head, plan).then(resolve, reject), {
          server: {},
        });
        middleware.upgrade(job as unknown as IncomingMessage, socket as Socket, head);
      });
    },
    drain: ms => upgrades.drain(ms),
    close: () => upgrades.drain(0),
  };
}

/** Its `web` and `ws` are called for every request and awaited; what they throw it would answer itself, so they never do. */
const replaceTransport: Plugin = proxyServer => {
  const run = async (req: IncomingMessage): Promise<void> => {
    const job = req as unknown as Job;
    try {
      await job.start();
    } catch (error) {
      job.outcome = error;
    }
  };
  proxyServer.web = run;
  proxyServer.ws = run;
};
