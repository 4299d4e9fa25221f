import type { Clock } from '../core/clock.ts';
import type { EventOf, Events, GatewayEvent } from '../core/events.ts';
import { isWritten, type Level } from './level.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { LogConfig } from './schema.ts';

type Type = GatewayEvent['type'];
type Fields = Readonly<Record<string, unknown>>;

interface Line {
  readonly level: Level;
  /** Undefined: this one is not told. */
  readonly fields: Fields | undefined;
}

export interface LogDeps {
  readonly events: Events;
  log(): LogConfig;
  readonly buffer: LineBuffer;
  readonly clock: Clock;
  readonly isHuman: boolean;
}

/** Writes one line, whatever the level of the log. */
export type WriteLine = (level: Level, name: string, fields: Fields) => void;

export function createWriteLine({ buffer, clock, isHuman }: Omit<LogDeps, 'events' | 'log'>): WriteLine {
  return (level, name, fields) => {
    const time = new Date(clock.wall()).toISOString();
    buffer.add(
      isHuman ? toText(time, level, name, fields) : JSON.stringify({ time, level, event: name, ...fields }),
    );
    if (level === 'error') buffer.flush();
  };
}

/** Writes a line for each event that people want to hear of; returns how to stop. */
export function logEvents({ events, log, ...deps }: LogDeps): () => void {
  const tell = createTellings(deps.clock);
  const write = createWriteLine(deps);
  const stops = (Object.keys(tell) as (keyof typeof tell)[]).map(type =>
    events.on(type, event => {
      const { level, fields } = (tell[type] as (event: GatewayEvent) => Line)(event);
      if (fields !== undefined && isWritten(level, log().level)) write(level, type, fields);
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

/** How each event is told. What is not here has its access record, or is only counted. */
function createTellings(clock: Clock) {
  const isNewPeer = createSeldom(clock);
  const breaker = ({ upstream }: EventOf<'breaker-opened' | 'breaker-half-opened' | 'breaker-closed'>) => ({
    upstream,
  });
  return {
    'config-loaded': ({ type, ...fields }) => ({
      level: 'info',
      fields: { ...fields, ms: Math.round(fields.ms) },
    }),
    'config-refused': ({ hash, problems }) => ({
      level: 'error',
      fields: { hash, problems: problems.map(({ line }) => line) },
    }),
    'breaker-opened': event => ({ level: 'warn', fields: breaker(event) }),
    'breaker-half-opened': event => ({ level: 'info', fields: breaker(event) }),
    'breaker-closed': event => ({ level: 'info', fields: breaker(event) }),
    'instance-ejected': ({ type, ...fields }) => ({ level: 'warn', fields }),
    'instance-restored': ({ type, ...fields }) => ({ level: 'info', fields }),
    'route-moved': ({ type, ...fields }) => ({ level: fields.ungated ? 'warn' : 'info', fields }),
    'route-held': ({ route, by, reason, until }) => ({
      level: 'warn',
      fields: { route, by, reason, until: until === undefined ? null : new Date(until).toISOString() },
    }),
    'route-released': ({ type, ...fields }) => ({ level: 'info', fields }),
    'store-failed': ({ type, ...fields }) => ({ level: 'error', fields }),
    'store-restored': () => ({ level: 'info', fields: {} }),
    'token-failed': ({ type, ...fields }) => ({ level: 'error', fields }),
    'token-restored': ({ upstream }) => ({ level: 'info', fields: { upstream } }),
    'limits-degraded': ({ type, ...fields }) => ({ level: 'error', fields }),
    'limits-restored': () => ({ level: 'info', fields: {} }),
    'holds-degraded': ({ type, ...fields }) => ({ level: 'error', fields }),
    'holds-restored': () => ({ level: 'info', fields: {} }),
    'keys-failed': ({ type, ...fields }) => ({ level: 'error', fields }),
    'keys-restored': ({ type, ...fields }) => ({ level: 'info', fields }),
    'near-missed': ({ route }) => ({ level: 'debug', fields: { route: route.name } }),
    retried: ({ type, ...fields }) => ({ level: 'debug', fields }),
    compared: ({ route, method, outcome, skip, count }) => ({
      level: 'debug',
      fields: { route: route.name, method, outcome, skip: skip ?? null, count },
    }),
    'tripwire-tripped': ({ type, isHeld, ...fields }) => ({
      level: 'warn',
      fields: { ...fields, held: isHeld },
    }),
    'compare-worker-lost': ({ type, ...fields }) => ({ level: 'error', fields }),
    'worker-started': ({ type, ...fields }) => ({
      level: 'info',
      fields: { ...fields, ms: Math.round(fields.ms) },
    }),
    'worker-lost': ({ type, ...fields }) => ({ level: 'error', fields }),
    'worker-silent': ({ type, ...fields }) => ({ level: 'error', fields }),
    'untrusted-forwarded': ({ peer }) => ({ level: 'warn', fields: isNewPeer(peer) ? { peer } : undefined }),
    'drain-began': ({ detail }) => ({ level: 'info', fields: { detail } }),
    'drain-ended': ({ detail }) => ({ level: 'info', fields: { detail } }),
    crashed: ({ error }) => ({
      level: 'error',
      fields: { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    }),
  } satisfies { [T in Type]?: (event: EventOf<T>) => Line };
}

/** True for what was not seen in the last minute or so; it remembers at most 1,000. */
function createSeldom(clock: Clock): (what: string) => boolean {
  const seen = new Set<string>();
  let since = clock.now();
  return what => {
    if (clock.now() - since > 60_000) {
      seen.clear();
      since = clock.now();
    }
    if (seen.has(what) || seen.size >= 1000) return false;
    seen.add(what);
    return true;
  };
}

/** `12:03:04 warn  breaker-opened upstream=orders`. */
function toText(time: string, level: Level, name: string, fields: Fields): string {
  const { problems = [], ...others } = fields as { problems?: readonly string[] };
  const pairs = Object.entries(others).flatMap(([key, value]) =>
    value === null || value === '' ? [] : `${key}=${toWord(value)}`,
  );
  const head = [time.slice(11, 19), level.padEnd(5), name, ...pairs].join(' ');
  return [head, ...problems.map(problem => `  ${problem}`)].join('\n');
}

const toWord = (value: unknown): string => {
  const text = String(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
};
