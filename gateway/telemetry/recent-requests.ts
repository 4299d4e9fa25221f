import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { hostOf } from '../routing/host.ts';
import { preflightMethod } from '../routing/preflight.ts';
import { createHashValue, toRequestLine } from '../routing/request-line.ts';
import type { RequestFacts } from '../routing/route.ts';

/** Milliseconds of one part, and how many parts are kept: an hour. */
const partMs = 5 * 60_000;
const parts = 12;
/** Lines of one part; of more requests an even sample. */
const perPart = 4000;
/** Characters of a line; a longer one counts, and is not kept. */
const longestLine = 512;
/** Milliseconds until values are hashed. */
const hashAfter = 250;
/** Lines that are hashed in one turn of the event loop: a millisecond or two. */
const perTurn = 200;

/** The request lines of the last hour, in memory only; values of queries and fields are hashed. */
export interface RecentRequests {
  take(): Recent;
  close(): void;
}

export interface Recent {
  /** Wall clock, milliseconds. */
  readonly since: number;
  /** Under which values are hashed; of this process alone. */
  readonly key: string;
  readonly parts: readonly RecentPart[];
}

export interface RecentPart {
  /** Lines of `toRequestLine`, divided by line breaks. */
  readonly lines: string;
  /** Requests that each of them stands for. */
  readonly weight: number;
}

export interface RecentParts {
  readonly events: Events;
  readonly clock: Clock;
  /** Names of the fields that routes match on. */
  fields(): ReadonlySet<string>;
  /** Under which values are hashed; default: one of its own. */
  readonly key?: string;
}

interface Part {
  readonly number: number;
  readonly kept: (string | RequestFacts)[];
  seen: number;
}

export const makeRecentKey = (): string => randomBytes(32).toString('hex');

export function createRecentRequests({ events, clock, fields, ...given }: RecentParts): RecentRequests {
  const { key = makeRecentKey() } = given;
  const hash = createHashValue(key);
  const startedAt = clock.wall();
  let kept: Part[] = [];
  /** Places whose values are not hashed yet. */
  const raw: { readonly part: Part; readonly at: number }[] = [];
  let cancel: (() => void) | undefined;

  const hashSome = (most: number): void => {
    for (const { part, at } of raw.splice(0, most)) {
      const facts = part.kept[at];
      if (typeof facts === 'object') part.kept[at] = toRequestLine(facts, fields(), hash);
    }
  };

  const hashOn = (): void => {
    hashSome(perTurn);
    cancel = raw.length > 0 ? clock.after(1, hashOn) : undefined;
  };

  const current = (): Part => {
    const number = Math.floor(clock.now() / partMs);
    const last = kept.at(-1);
    if (last?.number === number) return last;
    const part: Part = { number, kept: [], seen: 0 };
    kept = [...kept.filter(one => one.number > number - parts), part];
    return part;
  };

  /** Keeps each request of a part with the same chance (reservoir sampling). */
  const stop = events.on('exchange-finished', ({ exchange }) => {
    const { path, query } = exchange.target;
    if (path === '*' || exchange.status === 0 || isUnread(exchange)) return;
    const part = current();
    part.seen += 1;
    const at = part.kept.length < perPart ? part.kept.length : Math.floor(Math.random() * part.seen);
    if (at >= perPart || path.length + query.length > longestLine) return;
    part.kept[at] = factsOf(exchange);
    raw.push({ part, at });
    cancel ??= clock.after(hashAfter, hashOn);
  });

  return {
    take() {
      hashSome(raw.length);
      const oldest = Math.floor(clock.now() / partMs) - parts;
      const whole = kept.filter(({ number, kept: lines }) => number > oldest && lines.length > 0);
      return {
        since: Math.max(startedAt, clock.wall() - partMs * parts),
        key,
        parts: whole.map(part => ({ lines: part.kept.join('\n'), weight: part.seen / part.kept.length })),
      };
    },
    close() {
      stop();
      cancel?.();
    },
  };
}

/** Its head was refused before its target was read. */
const isUnread = ({ target, refusal, req }: Exchange): boolean =>
  refusal !== undefined && target.raw === '/' && req.url !== '/';

function factsOf({ method, target, req: { headers } }: Exchange): RequestFacts {
  const wanted = preflightMethod(method, headers);
  return {
    method: wanted ?? method,
    isPreflight: wanted !== undefined,
    host: hostOf(headers.host),
    target,
    headers,
  };
}
