import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Exchange } from '../core/exchange.ts';
import { isFieldValue } from '../core/headers.ts';
import { type ForwardDeps, Forwarding, type OnTunnel } from './forward.ts';
import type { Plan } from './plan.ts';
import { type AnswerSource, toResponseHead } from './response-head.ts';
import { openTunnel, type Tunnel } from './tunnel.ts';

/** WebSockets through the gateway. */
export interface Upgrades {
  /**
   * Resolves when the WebSocket is closed, or the upstream's refusal of it is relayed; rejects with a Refusal, and
   * nothing is sent, if there is no answer to give.
   */
  forward(exchange: Exchange, socket: Duplex, head: Buffer, plan: Plan): Promise<void>;
  /** Ends all of them with 1001 at a frame boundary, and cuts after `ms` what is still open; resolves when all are closed. */
  drain(ms: number): Promise<void>;
}

export function createUpgrades(deps: ForwardDeps): Upgrades {
  const open = new Map<Tunnel, Promise<void>>();

  return {
    async forward(exchange, socket, head, plan) {
      // Node has let go of it: an error that nobody listens to would end the process.
      socket.on('error', () => socket.destroy());
      const res = answerOn(exchange.req, socket);
      const onTunnel: OnTunnel = (source, fields, upstream, done) => {
        res.detachSocket(socket as Socket);
        socket.write(toSwitchingHead(source, fields), 'latin1');
        if (head.length > 0) socket.unshift(head);
        const closed = Promise.withResolvers<void>();
        const tunnel = openTunnel(socket, upstream, bytes => {
          exchange.bytesIn += bytes.fromClient;
          exchange.bytesOut += bytes.fromUpstream;
          exchange.isComplete = true;
          open.delete(tunnel);
          closed.resolve();
          done();
        });
        open.set(tunnel, closed.promise);
      };
      // Any other protocol is not known here: then it is a plain request.
      const isWebSocket = exchange.req.headers.upgrade?.toLowerCase() === 'websocket';
      try {
        await new Forwarding(exchange, res, plan, deps, isWebSocket ? onTunnel : undefined).run();
      } finally {
        if (exchange.status !== 101) res.detachSocket(socket as Socket);
      }
    },
    async drain(ms) {
      for (const tunnel of open.keys()) tunnel.goAway(ms);
      await Promise.all(open.values());
    },
  };
}

/** A response that is written to the socket of an upgrade, and closes it. */
export function answerOn(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket as Socket);
  res.once('finish', () => (socket as Socket).destroySoon());
  return res;
}

function toSwitchingHead(source: AnswerSource, raw: readonly string[]): string {
  const { fields } = toResponseHead(source, 101, raw);
  let head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  for (let i = 0; i < fields.length; i += 2) {
    if (isFieldValue(fields[i + 1] as string)) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  }
  return `${head}\r\n`;
}
