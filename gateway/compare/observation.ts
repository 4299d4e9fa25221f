/** One side's answer, read as far as somebody asks: nothing is decoded or parsed before that, and nothing twice. */
import { fieldValue } from '../core/headers.ts';
import type { BodyDigest } from '../proxy/bounded-body.ts';
import { decode, listCodings } from './canonical/decode.ts';
import { parseForm } from './canonical/form.ts';
import { type Fields, toFields } from './canonical/headers.ts';
import { parseHtml } from './canonical/html.ts';
import { parseJson, parseJsonLines } from './canonical/json.ts';
import { type BodyFormat, formatOf, parseMediaType, sniff } from './canonical/media-type.ts';
import { guessText, toPlain, toText } from './canonical/text.ts';
import type { Parsed } from './canonical/value.ts';
import { parseXml } from './canonical/xml.ts';
import type { Answer } from './comparison.ts';
import type { Dialect } from './path.ts';
import { announcedLength, sentLength } from './plainly-same.ts';

/** The bytes of a body, or why they are not to be had. */
export type Bytes =
  | { readonly bytes: Uint8Array }
  | { readonly fault: 'too-large' | 'undecodable' | 'truncated'; readonly detail: string };

/** What a body says. */
export type Content =
  | { readonly kind: 'tree'; readonly dialect: Dialect; readonly parsed: Parsed }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'opaque' };

export interface Observation {
  readonly answer: Answer;
  readonly fields: Fields;
  /** Charset that the type names, lower case; empty if none. */
  readonly charset: string;
  /** As sent, but none where the method or status allows none. */
  readonly raw: Uint8Array;
  /** Instead of `raw`, of a body that is too large. */
  readonly digest: BodyDigest | undefined;
  readonly codings: readonly string[];
  readonly bytes: Bytes;
  readonly format: BodyFormat;
  readonly content: Content;
}

const noBytes = new Uint8Array(0);

/** @param method of the request: HEAD has no body, whatever came. */
export function observe(answer: Answer, method: string, maxBody: number): Observation {
  const made: { -readonly [Key in keyof Observation]?: Observation[Key] } = {};
  const isBodied = hasBody(method, answer.status);
  const raw = isBodied ? answer.body : noBytes;
  const digest = isBodied ? answer.digest : undefined;
  const type = parseMediaType(fieldValue(answer.fields, 'content-type'));
  const codings = listCodings(allValues(answer.fields, 'content-encoding'));
  return {
    ...{ answer, raw, digest, codings, charset: type.charset ?? '' },
    get fields() {
      made.fields ??= toFields(answer.fields);
      return made.fields;
    },
    get bytes() {
      made.bytes ??= toBytes(answer, raw, codings, maxBody);
      return made.bytes;
    },
    get format() {
      made.format ??= formatOf(type.essence) ?? ('bytes' in this.bytes ? sniff(this.bytes.bytes) : 'opaque');
      return made.format;
    },
    get content() {
      made.content ??=
        'bytes' in this.bytes ? read(this.bytes.bytes, this.format, type.charset) : { kind: 'opaque' };
      return made.content;
    },
  };
}

/** The values of a list-valued field as one list (RFC 9110 §5.3). */
function allValues(fields: readonly string[], name: string): string {
  let list = '';
  for (let i = 0; i < fields.length; i += 2)
    if ((fields[i] as string).toLowerCase() === name) list += `${fields[i + 1]},`;
  return list;
}

/** RFC 9110 §6.4.1. */
const hasBody = (method: string, status: number): boolean =>
  method !== 'HEAD' && status >= 200 && status !== 204 && status !== 205 && status !== 304;

function toBytes(answer: Answer, raw: Uint8Array, codings: readonly string[], maxBody: number): Bytes {
  const announced = announcedLength(answer);
  const length = sentLength(answer);
  if (raw !== noBytes && announced !== undefined && length < announced)
    return { fault: 'truncated', detail: `${length} of ${announced} bytes came` };
  if (raw !== noBytes && answer.digest !== undefined)
    return { fault: 'too-large', detail: `${length} bytes, at most ${maxBody}` };
  return decode(raw, codings, maxBody);
}

function read(bytes: Uint8Array, format: BodyFormat, charset: string | undefined): Content {
  if (format === 'opaque') return { kind: 'opaque' };
  const named = charset ?? (format === 'html' || format === 'xml' ? declaredCharset(bytes) : undefined);
  const isUtf8 = format === 'json' || format === 'ndjson' || format === 'xml';
  const text = named === undefined && !isUtf8 ? guessText(bytes) : toText(bytes, named ?? 'utf-8');
  if (text === undefined) return { kind: 'opaque' };
  return format === 'text' ? { kind: 'text', text: toPlain(text) } : toTree(text, format);
}

function toTree(text: string, format: Exclude<BodyFormat, 'text' | 'opaque'>): Content {
  switch (format) {
    case 'json':
      return { kind: 'tree', dialect: 'json', parsed: parseJson(text) };
    case 'ndjson':
      return { kind: 'tree', dialect: 'json', parsed: parseJsonLines(text) };
    case 'form':
      return { kind: 'tree', dialect: 'json', parsed: parseForm(text) };
    case 'html':
      return { kind: 'tree', dialect: 'markup', parsed: parseHtml(text) };
    case 'xml':
      return { kind: 'tree', dialect: 'markup', parsed: parseXml(text) };
  }
}

/** What `<?xml encoding=…?>` or `<meta charset=…>` says in the first kilobyte. */
function declaredCharset(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  const found =
    /^<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(start) ??
    /<meta\s[^>]*charset\s*=\s*["']?([\w.:-]+)/i.exec(start);
  return found?.[1]?.toLowerCase();
}
