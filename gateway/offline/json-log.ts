/** Access logs of one JSON object a line: as nginx is often told to write them, and Figway's own. Pure. */
import { fromRequestLine } from './access-log.ts';
import { type ReadLine, show, toStatus } from './recorded.ts';

/** Names under which logs keep what we look for, most telling first. */
const names = {
  line: ['request', 'request_line', 'requestLine'],
  method: ['request_method', 'method', 'verb', 'http_method', 'requestMethod'],
  target: ['request_uri', 'path', 'uri', 'url', 'target', 'request_path', 'requestUrl'],
  query: ['args', 'query_string', 'query'],
  status: ['status', 'status_code', 'statusCode', 'response_code', 'code'],
} as const;

type Fields = Readonly<Record<string, unknown>>;

/** `request` may be a request line, or an object that holds the others. */
export const readJsonLog: ReadLine = text => {
  const fields = parseObject(text);
  if (fields === undefined) return { fault: `no JSON object: ${show(text)}` };
  // A line of Figway's log that is no access record.
  if (typeof fields.event === 'string' && fields.method === undefined)
    return { passed: 'it is a line of the log, not a request' };
  const request = fields.request;
  const inner: Fields =
    typeof request === 'object' && request !== null ? { ...fields, ...(request as Fields) } : fields;
  const status = toStatus(pick(inner, names.status));
  const line = pick(inner, names.line);
  if (typeof line === 'string' && line.includes(' ')) return fromRequestLine(line, status);
  const [method, target] = [pick(inner, names.method), pick(inner, names.target)];
  if (typeof method !== 'string') return { fault: `no method in it: ${show(text)}` };
  if (typeof target !== 'string') {
    const isOurs = 'path_template' in inner;
    return { fault: isOurs ? 'no path in it: Figway writes one with log: { paths: true }' : noPath(text) };
  }
  const query = pick(inner, names.query);
  const isBare = typeof query === 'string' && query !== '' && query !== '-' && !target.includes('?');
  return fromRequestLine(`${method} ${target}${isBare ? `?${query.replace(/^\?/, '')}` : ''}`, status);
};

const noPath = (text: string): string => `no path in it: ${show(text)}`;

function pick(fields: Fields, from: readonly string[]): unknown {
  for (const name of from) if (Object.hasOwn(fields, name)) return fields[name];
  return undefined;
}

export function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}
