import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to an HTTP server on which one request can be stopped: before it arrives, or with its answer on the way back. */
export interface HttpGate extends AsyncDisposable {
  readonly url: string;
  /** The next request of this kind stops there. */
  hold(request: string | RegExp, moment: 'request' | 'answer'): Held;
  /** `POST /v1/payments` for each request that came, oldest first. */
  readonly seen: readonly string[];
}

export interface Held {
  /** Resolves when one has stopped. */
  readonly arrived: Promise<void>;
  /** It goes on, whether somebody still waits for it or not. Resolves with the status of its answer. */
  release(): Promise<number>;
}

interface Hold {
  readonly request: RegExp;
  readonly moment: 'request' | 'answer';
  readonly arrived: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
  readonly answered: PromiseWithResolvers<number>;
}

export async function openHttpGate(target: string): Promise<HttpGate> {
  const holds: Hold[] = [];
  const seen: string[] = [];
  const stopped = new Set<Hold>();

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(req as AsyncIterable<Buffer>));
    const line = `${req.method} ${req.url}`;
    seen.push(line);
    const index = holds.findIndex(({ request }) => request.test(line));
    const hold = index < 0 ? undefined : holds.splice(index, 1)[0];
    const stop = async (moment: Hold['moment']): Promise<void> => {
      if (hold?.moment !== moment) return;
      stopped.add(hold);
      hold.arrived.resolve();
      await hold.released.promise;
      stopped.delete(hold);
    };
    await stop('request');
    const answer = await fetch(target + req.url, {
      method: req.method ?? 'GET',
      headers: headersOf(req),
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    hold?.answered.resolve(answer.status);
    await stop('answer');
    res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text);
  }

  const server = createServer((req, res) => {
    serve(req, res).catch(() => req.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    hold(request, moment) {
      const hold: Hold = {
        request: typeof request === 'string' ? new RegExp(`^${request}$`) : request,
        moment,
        arrived: Promise.withResolvers(),
        released: Promise.withResolvers(),
        answered: Promise.withResolvers(),
      };
      hold.released.promise.catch(() => {});
      holds.push(hold);
      return {
        arrived: hold.arrived.promise,
        release() {
          hold.released.resolve();
          return hold.answered.promise;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const hold of stopped) hold.released.reject(new Error('dropped'));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const hops = ['connection', 'host', 'content-length', 'transfer-encoding', 'keep-alive'];

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !hops.includes(name))
      .map(([name, value]) => [name, String(value)]),
  );
