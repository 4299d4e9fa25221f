import type { Sighting } from './facts.ts';

/** Address, identities, time, request line, status, and what follows: the common and the combined log format. */
const common = /^(\S+) \S+ .*?\[([^\]]{1,40})\] "([A-Z-]{1,20}) (\S+)(?: HTTP\/[\d.]+)?" (\d{3}) \S+(.*)$/;

/** Seconds that the answer took, last in the line, as many put it there (nginx `$request_time`). */
const seconds = /\s"?(\d+\.\d+)"?$/;

/** Names of the fields of JSON lines: Figway's access record with `path`, and those of nginx and others. */
const names = {
  method: ['method', 'request_method', 'verb'],
  path: ['path', 'request_uri', 'uri', 'url'],
  status: ['status', 'status_code', 'response_code'],
  client: ['remote_addr', 'client_ip', 'clientip', 'ip'],
  time: ['time', 'time_iso8601', '@timestamp', 'timestamp', 'time_local'],
  ms: ['total_ms', 'duration_ms'],
  seconds: ['request_time'],
} as const;

/** One line of an access log in the common or combined format, or as JSON; undefined if it is neither. */
export function parseAccessLine(line: string): Sighting | undefined {
  const text = line.trim();
  if (text.length > 64 * 1024) return undefined;
  return text.startsWith('{') ? parseJsonLine(text) : parseCommonLine(text);
}

function parseCommonLine(line: string): Sighting | undefined {
  const found = common.exec(line);
  if (found === null) return undefined;
  const [, client, time = '', method = '', target = '', status, rest = ''] = found;
  const path = toPath(target);
  const took = seconds.exec(rest)?.[1];
  return path === undefined
    ? undefined
    : {
        ...{ method, path, client, status: Number(status), at: toTime(time) },
        ms: took === undefined ? -1 : Number(took) * 1000,
        ...unsaid,
      };
}

function parseJsonLine(line: string): Sighting | undefined {
  const fields = parseObject(line);
  if (fields === undefined) return undefined;
  const read = (kind: keyof typeof names): unknown =>
    names[kind].map(name => fields[name]).find(value => value !== undefined && value !== null);
  const [, method = read('method'), target = read('path')] =
    /^([A-Z-]{1,20}) (\S+)/.exec(String(fields.request ?? '')) ?? [];
  const path = typeof target === 'string' ? toPath(target) : undefined;
  const status = Number(read('status'));
  if (path === undefined || typeof method !== 'string' || !Number.isInteger(status)) return undefined;
  const client = read('client');
  const took = Number(read('ms') ?? Number(read('seconds')) * 1000);
  return {
    ...{ method, path, status, at: toTime(String(read('time') ?? '')) },
    client: typeof client === 'string' ? client : undefined,
    ms: Number.isFinite(took) ? took : -1,
    ...unsaid,
  };
}

/** A log says neither. */
const unsaid = { setsCookie: false, weight: 1 } as const;

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Without query; of an absolute target its path. */
function toPath(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path.startsWith('/') ? path : target.startsWith('http') && path === '' ? '/' : undefined;
}

/** `26/Nov/2026:06:00:00 +0000`, or what `Date` reads; 0: not known. */
function toTime(text: string): number {
  const found = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ?([+-]\d{4})?$/.exec(text);
  const written =
    found === null ? text : `${found[1]} ${found[2]} ${found[3]} ${found[4]} ${found[5] ?? '+0000'}`;
  const at = Date.parse(written);
  return Number.isFinite(at) ? at : 0;
}
