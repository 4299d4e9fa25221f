import { type AddressInfo, createServer, type Socket } from 'node:net';

/** One connection that came in. */
export interface UpstreamConnection {
  readonly socket: Socket;
  /** All bytes it got, as latin-1. */
  readonly received: string;
}

/** What it does with a connection: called whenever bytes came, with all of them that are not answered yet. */
export type Script = (bytes: string, connection: UpstreamConnection) => void;

/** A raw TCP upstream on a free port: records the bytes it gets and answers with the bytes it is told. */
export interface ScriptedUpstream {
  readonly origin: string;
  readonly connections: readonly UpstreamConnection[];
  /** The heads of all requests it got, oldest first, without bodies. */
  readonly heads: readonly string[];
  /** All it got, on all connections. */
  readonly received: string;
  /** Replaces what it does from now on. */
  script(script: Script): void;
  close(): Promise<void>;
}

/** Answers every request whose head is complete with the same bytes. */
export const always =
  (bytes: string): Script =>
  (_, { socket }) => {
    socket.write(Buffer.from(bytes, 'latin1'));
  };

/** A whole answer with a body and its length. */
export const answerOf = (status: number, fields: readonly string[], body = ''): string =>
  `HTTP/1.1 ${status} X\r\n${[...fields, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;

export const ok = answerOf(200, [], 'hello');

export async function openScripted(first: Script = always(ok)): Promise<ScriptedUpstream> {
  const connections: { socket: Socket; received: string }[] = [];
  let current = first;
  const server = createServer({ allowHalfOpen: true }, socket => {
    const connection = { socket, received: '' };
    connections.push(connection);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      connection.received += chunk.toString('latin1');
      current(chunk.toString('latin1'), connection);
    });
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    connections,
    get received() {
      return connections.map(({ received }) => received).join('');
    },
    get heads() {
      return connections.flatMap(
        ({ received }) => received.match(/[A-Z]+ \S+ HTTP\/1\.1\r\n[\s\S]*?\r\n\r\n/g) ?? [],
      );
    },
    script(script) {
      current = script;
    },
    async close() {
      for (const { socket } of connections) socket.destroy();
      await new Promise<unknown>(resolve => {
        server.close(resolve);
      });
    },
  };
}
