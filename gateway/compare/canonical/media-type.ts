/** A Content-Type value (RFC 9110 §8.3.1), lower case but for values of other parameters. */
export interface MediaType {
  /** `text/html`; empty where there is none. */
  readonly essence: string;
  readonly charset: string | undefined;
  /** `name=value`, sorted, without charset. */
  readonly parameters: readonly string[];
}

/** How a body is read. */
export type BodyFormat = 'json' | 'ndjson' | 'html' | 'xml' | 'form' | 'text' | 'opaque';

const none: MediaType = { essence: '', charset: undefined, parameters: [] };
const parameter = /;\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g;

export function parseMediaType(value: string | undefined): MediaType {
  if (value === undefined || value.trim() === '') return none;
  const end = value.indexOf(';');
  const essence = (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
  if (end < 0) return { essence, charset: undefined, parameters: [] };
  let charset: string | undefined;
  const parameters: string[] = [];
  for (const [, name = '', given = ''] of value.slice(end).matchAll(parameter)) {
    const text = given.startsWith('"') ? given.slice(1, -1).replace(/\\(.)/g, '$1') : given.trim();
    if (name.toLowerCase() === 'charset') charset ??= text.toLowerCase();
    else parameters.push(`${name.toLowerCase()}=${text}`);
  }
  return { essence, charset, parameters: parameters.sort() };
}

const formats: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'text/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/x-jsonlines': 'ndjson',
  'application/json-seq': 'opaque',
  'text/html': 'html',
  'application/xml': 'xml',
  'text/xml': 'xml',
  'application/x-www-form-urlencoded': 'form',
  'application/javascript': 'text',
  'application/x-javascript': 'text',
  'application/ecmascript': 'text',
  'application/yaml': 'text',
  'application/graphql': 'text',
};

/** By the essence alone; undefined where there is none. */
export function formatOf(essence: string): BodyFormat | undefined {
  if (essence === '') return undefined;
  if (Object.hasOwn(formats, essence)) return formats[essence];
  if (essence.endsWith('+json')) return 'json';
  if (essence.endsWith('+xml')) return 'xml';
  return essence.startsWith('text/') ? 'text' : 'opaque';
}

/** By the first bytes, for a body that came without a type. */
export function sniff(bytes: Uint8Array): BodyFormat {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString('latin1');
  const first = start.replace(/^(?:\xef\xbb\xbf)?\s+|^\xef\xbb\xbf/, '');
  if (/^[[{]/.test(first)) return 'json';
  if (/^<(?:!doctype\s+html|html|head|body)[\s>]/i.test(first)) return 'html';
  if (/^<\?xml\s/.test(first)) return 'xml';
  return bytes.includes(0) ? 'opaque' : 'text';
}
