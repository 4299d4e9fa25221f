/** What the load generator needs to know of an HTTP/1.1 answer. */
export interface Answer {
  readonly status: number;
  /** The server ends the connection after it. */
  readonly isLast: boolean;
}

const endOfHead = Buffer.from('\r\n\r\n');

/** Where a chunked body ends, trailers included; undefined if it goes on. */
function endOfChunks(bytes: Buffer, start: number): number | undefined {
  let at = start;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (Number.isNaN(size)) throw new Error('a chunk has no size');
    if (size === 0) {
      const end = bytes.indexOf(endOfHead, line);
      return end < 0 ? undefined : end + endOfHead.length;
    }
    at = line + 2 + size + 2;
    if (at > bytes.length) return undefined;
  }
}

/** The answer in `bytes`; undefined while it is not whole. Throws on what is no HTTP/1.1 answer with a length. */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(endOfHead);
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd).toLowerCase();
  const status = Number(/^http\/1\.1 (\d{3})/.exec(head)?.[1]);
  if (Number.isNaN(status)) throw new Error(`not an HTTP/1.1 answer: ${head.slice(0, 40)}`);
  const bodyStart = headEnd + endOfHead.length;
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  if (length === null && !head.includes('transfer-encoding: chunked'))
    throw new Error('answer without a length');
  const end = length === null ? endOfChunks(bytes, bodyStart) : bodyStart + Number(length[1]);
  if (end === undefined || bytes.length < end) return undefined;
  return { status, isLast: head.includes('\r\nconnection: close') };
}
