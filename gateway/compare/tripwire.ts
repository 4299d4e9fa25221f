import { isBad, isEqual, type Outcome } from '../core/outcome.ts';
import { formatDuration } from '../core/units.ts';
import type { Trial } from './evidence.ts';
import { toAmount, toPercent } from './figures.ts';
import { isSlow } from './latency.ts';
import { createLine } from './line.ts';
import type { TripwireConfig } from './schema.ts';

const measures = ['errors', 'mismatches', 'slower'] as const;
export type TripwireMeasure = (typeof measures)[number];

/** One request as a tripwire sees it. A measure that is absent says nothing about this request; true is bad. */
export interface Sighting extends Partial<Readonly<Record<TripwireMeasure, boolean>>> {
  /** Milliseconds; of one clock for all of them. */
  readonly at: number;
  /** As in a trial: a request counts once within the window, whatever feeds it. */
  readonly fingerprint: string;
  readonly client: string;
}

export interface Tripped {
  readonly measure: TripwireMeasure;
  /** `errors 12 % of 83 requests of 9 clients in 1m, bound 5 %`. */
  readonly reason: string;
}

/** What holds a route by itself. It has no clock: time comes with each request. */
export interface Tripwire {
  /** Counts a request; says whether the wire is tripped now. */
  see(sighting: Sighting): Tripped | undefined;
  tripped(now: number): Tripped | undefined;
  /** Forgets all: the hold that follows a trip gives the route a new start. */
  clear(): void;
}

/** A window holds so many distinct requests a measure; beyond, the oldest go, and the window is shorter than asked. */
export const mostInWindow = 10_000;

export function createTripwire(settings: TripwireConfig): Tripwire {
  const windows = measures.flatMap(measure => {
    const bound = settings[measure];
    return bound === undefined ? [] : [createWindow(measure, bound / 100, settings)];
  });
  const tripped = (now: number): Tripped | undefined => {
    for (const window of windows) {
      const found = window.tripped(now);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    see(sighting) {
      for (const window of windows) window.see(sighting);
      return tripped(sighting.at);
    },
    tripped,
    clear() {
      for (const window of windows) window.clear();
    },
  };
}

/**
 * What a trial shows, once `record` has said how it ends: noise and what is excused is no mismatch.
 * Undefined where nothing was compared. With `lagged` both sides agree.
 */
export function toSighting({ at, fingerprint, client, ms }: Trial, outcome: Outcome): Sighting | undefined {
  if (!isEqual(outcome) && !isBad(outcome) && outcome !== 'lagged') return undefined;
  const isFailed = outcome === 'service-failed';
  const isPair = !isFailed && ms.legacy !== undefined && ms.service !== undefined;
  return {
    ...{ at, fingerprint, client, errors: isFailed },
    ...(isFailed ? {} : { mismatches: outcome === 'mismatch' }),
    ...(isPair ? { slower: isSlow(ms.legacy ?? 0, ms.service ?? 0) } : {}),
  };
}

interface Seen {
  readonly fingerprint: string;
  readonly at: number;
  readonly client: string;
  isBad: boolean;
}

/** One measure over the last `window` milliseconds. */
function createWindow(measure: TripwireMeasure, bound: number, { minimum, clients, window }: TripwireConfig) {
  const requests = new Map<string, Seen>();
  /** In the order of first sight. */
  const line = createLine<Seen>();
  const all = createHeads();
  const hit = createHeads();
  let bad = 0;

  const drop = ({ fingerprint, client, isBad }: Seen): void => {
    line.shift();
    requests.delete(fingerprint);
    all.remove(client);
    if (!isBad) return;
    hit.remove(client);
    bad -= 1;
  };

  const dropWhile = (isOver: (seen: Seen) => boolean): void => {
    for (let seen = line.first(); seen !== undefined && isOver(seen); seen = line.first()) drop(seen);
  };

  const expire = (now: number): void =>
    dropWhile(({ at }) => at <= now - window || requests.size > mostInWindow);

  return {
    see({ at, fingerprint, client, [measure]: isBadNow }: Sighting): void {
      if (isBadNow === undefined) return;
      expire(at);
      const seen = requests.get(fingerprint) ?? { fingerprint, at, client, isBad: false };
      if (!requests.has(fingerprint)) {
        requests.set(fingerprint, seen);
        line.push(seen);
        all.add(client);
      }
      if (!isBadNow || seen.isBad) return;
      seen.isBad = true;
      hit.add(seen.client);
      bad += 1;
    },
    tripped(now: number): Tripped | undefined {
      expire(now);
      const n = requests.size;
      if (n < minimum || hit.count() < clients || bad <= bound * n) return undefined;
      const of = `${toAmount(n, 'request')} of ${toAmount(all.count(), 'client')} in ${formatDuration(window)}`;
      return { measure, reason: `${measure} ${toPercent(bad / n)} of ${of}, bound ${toPercent(bound)}` };
    },
    clear(): void {
      dropWhile(() => true);
    },
  };
}

/** Counts clients that have at least one request in the window. */
function createHeads() {
  const requests = new Map<string, number>();
  return {
    add: (client: string): unknown => requests.set(client, (requests.get(client) ?? 0) + 1),
    remove(client: string): void {
      const left = (requests.get(client) ?? 0) - 1;
      if (left > 0) requests.set(client, left);
      else requests.delete(client);
    },
    count: () => requests.size,
  };
}
