import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server of this machine that can be shut, stopped and opened again. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Bytes stay where they are, new connections too, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends all connections and refuses new ones, until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

export async function openTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isPaused = false;
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client] as const]) {
      from.on('data', chunk => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
      if (isPaused) from.pause();
    }
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const port = await listen(0);
  const shut = async (): Promise<void> => {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return {
    port,
    pause() {
      isPaused = true;
      for (const socket of [...pairs].flat()) socket.pause();
    },
    resume() {
      isPaused = false;
      for (const socket of [...pairs].flat()) socket.resume();
    },
    shut,
    async open() {
      await listen(port);
    },
    [Symbol.asyncDispose]: shut,
  };
}
