import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A request as its bytes came over the wire. */
export interface SeenRequest {
  readonly line: string;
  /** Names and values in turn, as they came. */
  readonly fields: readonly string[];
  /** Without its framing. */
  readonly body: Buffer;
}

/** Stands between a client and a server, passes every byte on, and remembers the requests. */
export interface Tap {
  readonly url: string;
  /** In the order in which their heads were complete. */
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

export async function openTap(target: string): Promise<Tap> {
  const { hostname, port } = new URL(target);
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, from => {
    const to = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const read = createReader(seen);
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => socket.destroy());
    }
    from.on('data', read).pipe(to);
    to.pipe(from);
    from.on('close', () => to.destroy());
    to.on('close', () => from.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Takes the bytes of one connection and adds each request once it is whole. */
function createReader(seen: SeenRequest[]): (bytes: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0);
  return bytes => {
    buffer = Buffer.concat([buffer, bytes]);
    for (;;) {
      const found = parseRequest(buffer);
      if (found === undefined) return;
      buffer = buffer.subarray(found.length);
      seen.push(found.request);
    }
  };
}

function parseRequest(buffer: Buffer): { request: SeenRequest; length: number } | undefined {
  const headEnd = buffer.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...lines] = buffer.toString('latin1', 0, headEnd).split('\r\n');
  const fields = lines.flatMap(text => {
    const colon = text.indexOf(':');
    return [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
  const valueOf = (name: string) =>
    fields.find((_, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === name);
  const body = valueOf('transfer-encoding')
    ? parseChunks(buffer, headEnd + 4)
    : parseLength(buffer, headEnd + 4, Number(valueOf('content-length') ?? 0));
  return body && { request: { line, fields, body: body.bytes }, length: body.end };
}

interface Body {
  readonly bytes: Buffer;
  readonly end: number;
}

const parseLength = (buffer: Buffer, start: number, length: number): Body | undefined =>
  buffer.length < start + length
    ? undefined
    : { bytes: buffer.subarray(start, start + length), end: start + length };

function parseChunks(buffer: Buffer, start: number): Body | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = buffer.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(buffer.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2 + size + 2;
    if (size > 0) chunks.push(buffer.subarray(lineEnd + 2, lineEnd + 2 + size));
    else {
      const end = buffer.indexOf('\r\n\r\n', lineEnd);
      return end < 0 ? undefined : { bytes: Buffer.concat(chunks), end: end + 4 };
    }
  }
}
