import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Stage } from '../core/vocabulary.ts';
import {
  bucketWidth,
  type ProgressQuery,
  type ProgressSample,
  type ProgressStore,
  progressBounds,
  type RouteProgress,
} from '../routing/progress.ts';

/** Buckets that wait for a store that is away: a day's. */
const mostWaiting = 288;

/** How much of the traffic and of the routes is migrated, in buckets of five minutes that the store keeps. */
export interface Progress {
  /** Oldest first; the last one is under way. What the store does not tell, since it is away, is left out. */
  read(query: ProgressQuery): Promise<ProgressHistory>;
  /** Counts up to now, and offers the store all that it has not got. Rejects if that is away. */
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface ProgressHistory {
  readonly samples: readonly ProgressSample[];
  /** The store is away: this is what the gateway itself remembers. */
  readonly isPartial: boolean;
}

export interface ProgressParts {
  readonly events: Events;
  readonly clock: Clock;
  readonly store: Pick<ProgressStore, 'appendProgress' | 'progress'>;
  /** Of what runs. */
  stages(): Readonly<Record<Stage, number>>;
}

type Counts = { -readonly [Key in keyof RouteProgress]: RouteProgress[Key] };

const newCounts = (): Counts => ({
  ...{ requests: 0, legacy: 0, service: 0, fallbacks: 0, nearMisses: 0, lastLegacyAt: 0 },
});

export function createProgress({ events, clock, store, stages }: ProgressParts): Progress {
  const node = randomUUID();
  let begin = bucketOf(clock.wall());
  let unclaimed = newCounts();
  let routes = new Map<string, Counts>();
  const waiting = new Map<number, ProgressSample>();
  let cancel = (): void => {};
  let isAway = false;

  const countsOf = ({ name, index }: { readonly name: string; readonly index: number }): Counts => {
    if (index === 0) return unclaimed;
    const known = routes.get(name);
    if (known !== undefined) return known;
    const counts = newCounts();
    if (routes.size < progressBounds.routes) routes.set(name, counts);
    return counts;
  };

  const stops = [
    events.on('exchange-finished', ({ exchange: { route, served } }) => {
      const counts = countsOf(route);
      counts.requests += 1;
      if (served === 'service') counts.service += 1;
      else if (served === 'legacy') {
        counts.legacy += 1;
        counts.lastLegacyAt = clock.wall();
      }
    }),
    events.on('fell-back', ({ route }) => {
      countsOf(route).fallbacks += 1;
    }),
    events.on('near-missed', ({ route }) => {
      countsOf(route).nearMisses += 1;
    }),
  ];

  /** The bucket that is under way, as far as it has come. */
  const current = (): ProgressSample => {
    const all = [...routes.values()];
    const sum = (of: (counts: Counts) => number) => all.reduce((total, counts) => total + of(counts), 0);
    return {
      at: begin,
      ms: bucketWidth,
      requests: sum(({ requests }) => requests) + unclaimed.requests,
      byService: sum(({ service }) => service),
      unclaimed: unclaimed.requests,
      routesByStage: stages(),
      routes: Object.fromEntries([...routes].map(([name, counts]) => [name, { ...counts }])),
    };
  };

  /** Puts the bucket aside if its time is over, and begins the next. */
  const turn = (): void => {
    const now = bucketOf(clock.wall());
    waiting.set(begin, current());
    for (const at of waiting.keys()) if (waiting.size > mostWaiting) waiting.delete(at);
    if (now === begin) return;
    begin = now;
    unclaimed = newCounts();
    routes = new Map();
  };

  const save = async (): Promise<void> => {
    turn();
    for (const [at, sample] of [...waiting]) {
      await store.appendProgress(node, sample);
      if (waiting.get(at) === sample) waiting.delete(at);
    }
  };

  const saveLoudly = async (): Promise<void> => {
    try {
      await save();
      isAway = false;
    } catch (error) {
      if (!isAway) events.emit({ type: 'store-failed', task: 'keep progress', reason: String(error) });
      isAway = true;
    }
  };

  const wait = (): void => {
    cancel = clock.after(begin + bucketWidth - clock.wall(), () => {
      void saveLoudly();
      wait();
    });
  };
  wait();

  return {
    async read(query) {
      const kept = await store.progress(query).catch(() => undefined);
      const own = [...waiting.values(), current()].filter(({ at }) => at >= query.since && at < query.until);
      const samples = new Map(own.map(sample => [sample.at, sample]));
      // Of a bucket that was saved in part, the whole counts; what other gateways saved is in the store alone.
      for (const sample of kept ?? []) {
        const mine = samples.get(sample.at);
        if (mine === undefined || sample.requests >= mine.requests) samples.set(sample.at, sample);
      }
      return {
        samples: [...samples.values()].sort((one, other) => one.at - other.at),
        isPartial: kept === undefined,
      };
    },
    save,
    async close() {
      for (const stop of stops) stop();
      cancel();
      await saveLoudly();
    },
  };
}

const bucketOf = (ms: number): number => Math.floor(ms / bucketWidth) * bucketWidth;
