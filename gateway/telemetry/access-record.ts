import type { Clock } from '../core/clock.ts';
import { errors } from '../core/errors.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { withoutCredentials } from '../core/secrets.ts';
import type { Route } from '../routing/route.ts';
import { isWritten, type Level } from './level.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { LogConfig } from './schema.ts';

/** One exchange as one line; the names are part of the contract (§10). */
export interface AccessRecord {
  /** When it ended, RFC 3339. */
  readonly time: string;
  readonly request_id: string;
  readonly trace_id: string;
  readonly method: string;
  /** The pattern that matched, `/orders/:id`; null for unclaimed. */
  readonly path_template: string | null;
  /** 0 if no head was sent. */
  readonly status: number;
  readonly route: string;
  readonly stage: string;
  /** null: the gateway itself answered. */
  readonly side: string | null;
  readonly because: string;
  /** null: no upstream sent a head. */
  readonly upstream_ms: number | null;
  readonly total_ms: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly fallback: string | null;
  readonly refusal: string | null;
  /** The side that a copy was meant for: in the sample, and nothing spoke against it while the request lasted. */
  readonly shadow: string | null;
  readonly revision: string;
  /** Path and query as sent, known credentials cut out; only with `log: { paths: true }`. */
  readonly path?: string;
}

export interface AccessLogDeps {
  readonly events: Events;
  log(): LogConfig;
  revision(): string;
  readonly buffer: LineBuffer;
  readonly clock: Clock;
  readonly isHuman: boolean;
}

/** Writes a record for each finished exchange; returns how to stop. */
export function logExchanges({ events, log, revision, buffer, clock, isHuman }: AccessLogDeps): () => void {
  const stamp = createTimestamps();
  return events.on('exchange-finished', ({ exchange, totalMs }) => {
    const { level, paths } = log();
    if (!isWritten(levelOf(exchange), level)) return;
    const record = toRecord(exchange, totalMs, stamp(clock.wall()), revision(), paths);
    buffer.add(isHuman ? toLine(record) : toJson(record));
  });
}

/** Failures of the far side and fallbacks are warnings, failures of the gateway errors, all else is info. */
function levelOf({ refusal, fallback }: Exchange): Level {
  const fault = refusal === undefined ? undefined : errors[refusal].fault;
  if (fault === 'gateway') return 'error';
  return fault === 'upstream' || fallback !== undefined ? 'warn' : 'info';
}

export function toRecord(
  exchange: Exchange,
  totalMs: number,
  time: string,
  revision: string,
  hasPath: boolean,
): AccessRecord {
  const route: Partial<Route> & Exchange['route'] = exchange.route;
  const record = {
    time,
    request_id: exchange.id,
    trace_id: exchange.traceparent.slice(3, 35),
    method: exchange.method,
    path_template: route.entries?.[exchange.entry]?.pattern ?? null,
    status: exchange.status,
    route: route.name,
    stage: route.stage,
    side: exchange.served ?? null,
    because: exchange.because,
    upstream_ms: exchange.upstreamMs < 0 ? null : toTenths(exchange.upstreamMs),
    total_ms: toTenths(totalMs),
    bytes_in: exchange.bytesIn,
    bytes_out: exchange.bytesOut,
    fallback: exchange.fallback ?? null,
    refusal: exchange.refusal ?? null,
    shadow: exchange.isUncopied ? null : (exchange.copied ?? null),
    revision,
  };
  return hasPath ? { ...record, path: withoutCredentials(exchange.target.raw) } : record;
}

/** As `JSON.stringify` writes it, in half the time. The ids are made or checked where the exchange begins, to be words. */
export const toJson = (record: AccessRecord): string =>
  `{"time":"${record.time}","request_id":"${record.request_id}","trace_id":"${record.trace_id}"` +
  `,"method":${quote(record.method)},"path_template":${quote(record.path_template)},"status":${record.status}` +
  `,"route":${quote(record.route)},"stage":"${record.stage}","side":${quote(record.side)}` +
  `,"because":"${record.because}","upstream_ms":${record.upstream_ms},"total_ms":${record.total_ms}` +
  `,"bytes_in":${record.bytes_in},"bytes_out":${record.bytes_out},"fallback":${quote(record.fallback)}` +
  `,"refusal":${quote(record.refusal)},"shadow":${quote(record.shadow)},"revision":${quote(record.revision)}` +
  `${record.path === undefined ? '' : `,"path":${JSON.stringify(record.path)}`}}`;

/** Texts as JSON. They come from the config and from lists of ours, so they come again. */
const quoted = new Map<string, string>();
/** Texts that are remembered; then it begins anew. */
const maxQuoted = 4000;

function quote(text: string | null): string {
  if (text === null) return 'null';
  const known = quoted.get(text);
  if (known !== undefined) return known;
  const made = JSON.stringify(text);
  if (quoted.size >= maxQuoted) quoted.clear();
  quoted.set(text, made);
  return made;
}

const toTenths = (ms: number): number => Math.round(ms * 10) / 10;

/** `12:03:04 200 GET /orders/:id → service (canary) 12.5 ms orders-read`. */
function toLine(record: AccessRecord): string {
  const side = record.refusal ?? `${record.side ?? 'nobody'} (${record.because})`;
  const fallback = record.fallback === null ? '' : `, fallback: ${record.fallback}`;
  const path = record.path ?? record.path_template ?? '(unclaimed)';
  const time = record.time.slice(11, 19);
  return `${time} ${record.status} ${record.method} ${path} → ${side}${fallback} ${record.total_ms} ms ${record.route}`;
}

/** Timestamps of RFC 3339; the text is made once a second, but for its milliseconds. */
function createTimestamps(): (wall: number) => string {
  let second = Number.NaN;
  let text = '';
  return wall => {
    const ms = wall % 1000;
    if (wall - ms !== second) {
      second = wall - ms;
      text = new Date(second).toISOString().slice(0, 20);
    }
    return `${text}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
  };
}
