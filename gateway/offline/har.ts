/** HAR 1.2, an entry at a time: a recording of a browser may have hundreds of megabytes, of which we need the requests. */
import { parseObject } from './json-log.ts';
import { type Read, type ReadResult, toRequest, toStatus } from './recorded.ts';

/** Longest entry in bytes, both bodies in it. */
const maxEntry = 64 * 1024 * 1024;

const [quote, backslash, open, close, openList, closeList, comma] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c,
];

/** The objects of `log.entries` as text, one after the other, with their numbers from 1 on. Never more than one in memory. */
async function* splitEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const scan = new Scan();
  for await (const chunk of source) yield* scan.take(chunk);
  if (!scan.isDone) yield { number: scan.number + 1, fault: scan.whyUnfinished() };
}

type Entry =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly fault: string };

/** Follows quotes and brackets only: they are ASCII, and no byte of a longer character of UTF-8 is. */
class Scan {
  number = 0;
  isDone = false;
  #depth = 0;
  #isQuoted = false;
  #isEscaped = false;
  /** The text that is read, or was read last, outside of entries; of a key no more is needed. */
  #word = '';
  #isInEntries = false;
  #isAfterEntries = false;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #isInEntry = false;
  #line = 1;

  *take(chunk: Uint8Array): Generator<Entry> {
    let from = 0;
    for (let at = 0; at < chunk.length && !this.isDone; at++) {
      const code = chunk[at] as number;
      if (code === 10) this.#line++;
      if (this.#isQuoted) {
        this.#readQuoted(code);
        continue;
      }
      if (code === quote) {
        this.#isQuoted = true;
        this.#word = '';
      } else if (code === open || code === openList) {
        this.#descend(code);
        if (this.#isInEntries && this.#depth === 4 && code === open) {
          this.#isInEntry = true;
          from = at;
        }
      } else if (code === close || code === closeList) {
        this.#depth--;
        if (this.#isInEntry && this.#depth === 3) {
          this.#keep(chunk.subarray(from, at + 1));
          yield this.#finish();
        } else if (this.#isInEntries && this.#depth === 2) {
          this.#isInEntries = false;
          this.#isAfterEntries = true;
        }
        if (this.#depth === 0) this.isDone = true;
      } else if (code === comma && !this.#isInEntry) this.#word = '';
    }
    if (this.#isInEntry) this.#keep(chunk.subarray(from));
  }

  whyUnfinished(): string {
    if (this.#isInEntry) return `line ${this.#line}: the file ends within this entry`;
    return this.#isAfterEntries || this.number > 0
      ? `line ${this.#line}: the file ends before its log does`
      : 'no log.entries in it: expected a HAR file (version 1.2)';
  }

  #readQuoted(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === backslash) this.#isEscaped = true;
    else if (code === quote) this.#isQuoted = false;
    else if (!this.#isInEntry && this.#word.length < 16) this.#word += String.fromCharCode(code);
  }

  #descend(code: number): void {
    this.#depth++;
    if (code === openList && this.#depth === 3 && this.#word === 'entries') this.#isInEntries = true;
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > maxEntry) this.#parts = [];
    else this.#parts.push(Uint8Array.from(part));
  }

  #finish(): Entry {
    const number = ++this.number;
    const bytes = this.#bytes;
    const text = Buffer.concat(this.#parts).toString('utf8');
    [this.#parts, this.#bytes, this.#isInEntry] = [[], 0, false];
    return bytes > maxEntry
      ? { number, fault: `expected at most ${maxEntry} bytes, got ${bytes}` }
      : { number, text };
  }
}

/** The requests of a HAR file, in their order. */
export async function* readHar(source: AsyncIterable<Uint8Array>): AsyncGenerator<Read> {
  for await (const entry of splitEntries(source)) {
    const place = `entry ${entry.number}`;
    yield { place, ...('fault' in entry ? { fault: entry.fault } : readEntry(entry.text)) };
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readEntry(text: string): ReadResult {
  const entry = parseObject(text);
  if (entry === undefined) return { fault: 'not JSON' };
  const { request, response } = entry as { request?: Fields; response?: Fields };
  if (typeof request?.url !== 'string' || typeof request.method !== 'string')
    return { fault: 'request: expected method and url, got something else' };
  if (/^(?:data|blob|about|chrome-extension|file):/i.test(request.url)) return { passed: 'it is no HTTP' };
  if (/^wss?:/i.test(request.url) || response?.status === 101) return { passed: 'it is a WebSocket' };
  if (!/^https?:\/\//i.test(request.url)) return { fault: 'request.url: expected an address of HTTP' };
  const fields = toFields(request.headers);
  if (fields === undefined) return { fault: 'request.headers: expected a list of name and value' };
  const { body, isBodyLost } = toBody(request);
  const url = new URL(request.url);
  return toRequest({
    ...{ method: request.method, target: url.pathname + url.search, origin: url.origin, fields, body },
    ...(isBodyLost ? { isBodyLost } : {}),
    status: toStatus(response?.status),
  });
}

/** Pseudo-headers of HTTP/2 are no headers. */
function toFields(headers: unknown): string[] | undefined {
  if (headers === undefined) return [];
  if (!Array.isArray(headers)) return undefined;
  const pairs: string[] = [];
  for (const header of headers) {
    const { name, value } = Object(header) as Fields;
    if (typeof name !== 'string' || typeof value !== 'string') return undefined;
    if (!name.startsWith(':')) pairs.push(name, value);
  }
  return pairs;
}

/** `postData` as text, else its parameters as a form; a size without data is a body that nobody recorded. */
function toBody({ postData, bodySize }: Fields): { body?: Uint8Array | undefined; isBodyLost: boolean } {
  if (typeof postData !== 'object' || postData === null)
    return { isBodyLost: typeof bodySize === 'number' && bodySize > 0 };
  const { text, encoding, params, mimeType } = postData as Fields;
  if (typeof text === 'string' && text !== '')
    return { body: Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8'), isBodyLost: false };
  const isForm = Array.isArray(params) && String(mimeType).startsWith('application/x-www-form-urlencoded');
  if (!isForm) return { isBodyLost: typeof bodySize === 'number' && bodySize > 0 };
  const form = new URLSearchParams(
    params.map(each => {
      const { name = '', value = '' } = Object(each) as Fields;
      return [String(name), String(value)];
    }),
  );
  return { body: Buffer.from(form.toString(), 'utf8'), isBodyLost: false };
}
