import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  /** Flat raw pairs, bytes as latin-1. */
  readonly fields: readonly string[];
  readonly body: Buffer;
  /** Flat raw pairs. */
  readonly trailers: readonly string[];
}

/** A client that sends bytes and reads what comes back, HTTP or not. */
export interface RawClient {
  readonly socket: Socket;
  send(bytes: string | Buffer): void;
  /** The next answer, interim ones (1xx) included. Rejects if the connection closes before it is whole. */
  answer(options?: { isHead?: boolean }): Promise<RawAnswer>;
  /** Resolves once what came since the last answer matches; returns it without taking it. */
  until(pattern: RegExp): Promise<string>;
  /** All bytes from here until the server closes or resets. */
  rest(): Promise<Buffer>;
  close(): void;
}

export const valuesOf = (fields: readonly string[], name: string): string[] =>
  fields.filter((_, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === name.toLowerCase());

export async function openRaw(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let buffer: Buffer = Buffer.alloc(0);
  let isClosed = false;
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    wake();
  });
  const onClosed = (): void => {
    isClosed = true;
    wake();
  };
  socket.on('end', onClosed).on('close', onClosed).on('error', onClosed);

  /** Asks `read` again whenever bytes came, until it returns something. */
  const waitFor = async <T>(read: () => T | undefined, what: string): Promise<T> => {
    for (;;) {
      const found = read();
      if (found !== undefined) return found;
      if (isClosed)
        throw new Error(`closed before ${what}; got ${JSON.stringify(buffer.toString('latin1'))}`);
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  };

  return {
    socket,
    send(bytes) {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    },
    answer: options =>
      waitFor(() => {
        const found = parseAnswer(buffer, options?.isHead === true, isClosed);
        if (found === undefined) return undefined;
        buffer = buffer.subarray(found.length);
        return found.answer;
      }, 'the end of an answer'),
    until: pattern =>
      waitFor(() => {
        const text = buffer.toString('latin1');
        return pattern.test(text) ? text : undefined;
      }, String(pattern)),
    async rest() {
      while (!isClosed)
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      return buffer;
    },
    close() {
      socket.destroy();
    },
  };
}

/** Sends one request on a connection of its own, and returns its final answer. */
export async function sendRaw(url: string, bytes: string): Promise<RawAnswer> {
  const client = await openRaw(url);
  try {
    client.send(bytes);
    return await client.answer({ isHead: bytes.startsWith('HEAD ') });
  } finally {
    client.close();
  }
}

function parseAnswer(
  buffer: Buffer,
  isHead: boolean,
  isClosed: boolean,
): { answer: RawAnswer; length: number } | undefined {
  const headEnd = buffer.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [first = '', ...lines] = buffer.toString('latin1', 0, headEnd).split('\r\n');
  const [, status = '', reason = ''] = /^HTTP\/1\.[01] (\d+) ?(.*)$/.exec(first) ?? [];
  const head = { status: Number(status), reason, fields: toPairs(lines) };
  const start = headEnd + 4;
  const hasNoBody = isHead || head.status < 200 || head.status === 204 || head.status === 304;
  const length = valuesOf(head.fields, 'content-length')[0];
  const none = { body: Buffer.alloc(0), trailers: [] };
  if (hasNoBody) return { answer: { ...head, ...none }, length: start };
  if (valuesOf(head.fields, 'transfer-encoding').length > 0) {
    const chunked = parseChunked(buffer, start);
    if (chunked === undefined) return undefined;
    return { answer: { ...head, body: chunked.body, trailers: chunked.trailers }, length: chunked.end };
  }
  if (length === undefined) {
    if (!isClosed) return undefined;
    return { answer: { ...head, ...none, body: buffer.subarray(start) }, length: buffer.length };
  }
  const end = start + Number(length);
  if (buffer.length < end) return undefined;
  return { answer: { ...head, ...none, body: buffer.subarray(start, end) }, length: end };
}

function parseChunked(
  buffer: Buffer,
  start: number,
): { body: Buffer; trailers: string[]; end: number } | undefined {
  const chunks: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = buffer.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(buffer.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) break;
    if (buffer.length < at + size + 2) return undefined;
    chunks.push(buffer.subarray(at, at + size));
    at += size + 2;
  }
  const lines: string[] = [];
  for (;;) {
    const lineEnd = buffer.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = buffer.toString('latin1', at, lineEnd);
    at = lineEnd + 2;
    if (line === '') return { body: Buffer.concat(chunks), trailers: toPairs(lines), end: at };
    lines.push(line);
  }
}

const toPairs = (lines: readonly string[]): string[] =>
  lines.flatMap(line => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
