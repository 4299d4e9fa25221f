import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Leftovers, Trace } from '../routing/leftovers.ts';
import type { LeftoverRecord, ProgressStore } from '../routing/progress.ts';
import type { Route } from '../routing/route.ts';

/** Milliseconds between two savings: what a crash may forget. */
const every = 30_000;

/** Remembers when legacy did something for a route, over restarts: whether its code there is dead. */
export interface LeftoverKeeper {
  /** Hears which routes run. What a route claims anew was legacy's until now. */
  follow(routes: readonly Route[]): void;
  /** By this process and all others of the store. Never rejects. */
  of(route: string): Promise<Leftovers>;
  /** Writes what has changed. Never rejects. */
  save(): Promise<void>;
  close(): void;
}

export interface LeftoverDeps {
  readonly store: Pick<ProgressStore, 'saveLeftovers' | 'leftovers'>;
  readonly events: Events;
  readonly clock: Clock;
}

const kinds = ['legacyServed', 'fallbacks', 'holds', 'nearMisses'] as const;
type Kind = (typeof kinds)[number];

interface Watched extends Record<Kind, { count: number; lastAt: number }> {
  readonly since: number;
  /** What it claims, to notice when that changes. */
  claim: string;
  isChanged: boolean;
}

export function createLeftoverKeeper({ store, events, clock }: LeftoverDeps): LeftoverKeeper {
  const routes = new Map<string, Watched>();
  let isFollowing = false;
  let isFailing = false;

  const mark = (name: string, kind: Kind): void => {
    const watched = routes.get(name);
    if (watched === undefined) return;
    watched[kind].count += 1;
    watched[kind].lastAt = clock.wall();
    watched.isChanged = true;
  };

  const stop = events.on('exchange-finished', ({ exchange }) => {
    if (exchange.served !== 'legacy') return;
    for (const kind of kindsOf(exchange)) mark((exchange.nearMiss ?? exchange.route).name, kind);
  });

  const follow = (next: readonly Route[]): void => {
    const now = clock.wall();
    const names = new Set(next.map(({ name }) => name));
    for (const name of routes.keys()) if (!names.has(name)) routes.delete(name);
    for (const route of next) {
      if (route.index === 0) continue;
      const claim = JSON.stringify(route.entries);
      const known = routes.get(route.name);
      if (known?.claim === claim) continue;
      const watched = known ?? newWatched(now);
      watched.claim = claim;
      watched.isChanged = true;
      if (isFollowing) watched.legacyServed.lastAt = now;
      routes.set(route.name, watched);
    }
    isFollowing = true;
  };

  const save = async (): Promise<void> => {
    const changed = [...routes].filter(([, { isChanged }]) => isChanged);
    if (changed.length === 0) return;
    for (const [, watched] of changed) watched.isChanged = false;
    try {
      await store.saveLeftovers(changed.map(([route, watched]) => toRecord(route, watched)));
      if (isFailing) events.emit({ type: 'store-restored' });
      isFailing = false;
    } catch (error) {
      for (const [, watched] of changed) watched.isChanged = true;
      if (!isFailing) events.emit({ type: 'store-failed', task: 'save leftovers', reason: String(error) });
      isFailing = true;
    }
  };

  const tick = (): void => {
    cancel = clock.after(every, tick);
    void save();
  };
  let cancel = clock.after(every, tick);

  return {
    follow,
    save,
    async of(name) {
      const own = routes.get(name) ?? newWatched(clock.wall());
      try {
        const kept = await store.leftovers();
        return add(
          own,
          kept.find(({ route }) => route === name),
        );
      } catch {
        return { ...add(own, undefined), isPartial: true };
      }
    },
    close() {
      cancel();
      stop();
    },
  };
}

/** A near miss is legacy's own path, so it counts only where legacy has something there. */
function kindsOf({ route, nearMiss, status, because, fallback }: Exchange): readonly Kind[] {
  if (nearMiss !== undefined) return status < 400 ? ['nearMisses'] : [];
  if (route.index === 0) return [];
  if (fallback !== undefined) return ['legacyServed', 'fallbacks'];
  return because === 'hold' ? ['legacyServed', 'holds'] : ['legacyServed'];
}

const newWatched = (since: number): Watched => ({
  since,
  claim: '',
  isChanged: false,
  legacyServed: { count: 0, lastAt: 0 },
  fallbacks: { count: 0, lastAt: 0 },
  holds: { count: 0, lastAt: 0 },
  nearMisses: { count: 0, lastAt: 0 },
});

const toRecord = (route: string, watched: Watched): LeftoverRecord => ({
  route,
  since: watched.since,
  lastLegacyAt: watched.legacyServed.lastAt,
  lastFallbackAt: watched.fallbacks.lastAt,
  lastNearMissAt: watched.nearMisses.lastAt,
  lastHoldAt: watched.holds.lastAt,
});

function add(own: Watched, kept: LeftoverRecord | undefined): Leftovers {
  const last = ({ count, lastAt }: Trace, other = 0): Trace => ({ count, lastAt: Math.max(lastAt, other) });
  return {
    since: Math.min(own.since, kept?.since ?? own.since),
    legacyServed: last(own.legacyServed, kept?.lastLegacyAt),
    fallbacks: last(own.fallbacks, kept?.lastFallbackAt),
    holds: last(own.holds, kept?.lastHoldAt),
    nearMisses: last(own.nearMisses, kept?.lastNearMissAt),
    isPartial: false,
  };
}
