import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Evidence, EvidenceStore, RouteVerdict } from './evidence.ts';
import { createKeeping } from './keeping.ts';
import type { ComparisonStore, Retention } from './kept.ts';
import type { Ended } from './recorder.ts';
import { rulesHash } from './rules-now.ts';
import { createSaving } from './saving.ts';
import type { TripwireConfig } from './schema.ts';
import type { Shadowing } from './shadowing.ts';
import { createTripwires, type TripwireHolds } from './tripwires.ts';

/** What of the snapshot counting goes by. */
export interface CountSettings {
  /** By `route.index`; undefined where nothing is ever copied. */
  readonly shadowings: readonly (Shadowing | undefined)[];
  /** By the name of the route; only those whose service may serve. */
  readonly tripwires: ReadonlyMap<string, TripwireConfig>;
}

/** Where what comparisons have come to is counted: as evidence, as examples, by tripwires. One for a whole gateway. */
export interface Counting {
  /** Hears of each request on a shadowed route once: it makes their `compared` events. */
  count(ended: Ended, shadowing: Shadowing): void;
  /** Hears of every swap. */
  renew(settings: CountSettings): void;
  /** Reads the evidence that earlier processes gathered. Never rejects. */
  load(): Promise<void>;
  facts(): CountFacts;
  /** Writes all down. Never rejects. */
  save(): Promise<void>;
  close(): void;
}

export interface CountFacts {
  /** Examples that the store did not take; their outcomes are counted all the same. */
  readonly unkept: number;
  /** Of the routes that are compared; judged when they are read. */
  readonly verdicts: readonly RouteVerdict[];
}

export interface CountingDeps {
  readonly clock: Clock;
  readonly events: Events;
  readonly evidence: Evidence;
  readonly store: ComparisonStore & EvidenceStore;
  readonly holds: TripwireHolds;
  readonly settings: () => CountSettings;
}

export function createCounting({ clock, events, evidence, store, holds, settings }: CountingDeps): Counting {
  const retentions = (): Retention[] => toRetentions(settings().shadowings, clock.wall());
  const keeping = createKeeping({ store, clock, events, retentions });
  const saving = createSaving({ evidence, store, clock, events });
  const settingsOf = ({ name }: { readonly name: string }) => settings().tripwires.get(name);
  const tripwires = createTripwires({ events, wall: clock.wall, holds, settingsOf });

  return {
    count({ trial, kept }, { route, config }) {
      const outcome = evidence.record(trial, config);
      const { key, skip, count = 1 } = trial;
      events.emit({ type: 'compared', route, method: key.method, outcome, skip, count });
      tripwires.compared(route, trial, outcome);
      if (kept !== undefined) keeping.keep({ ...kept, outcome });
    },
    renew: ({ tripwires: watched }) => tripwires.keep(name => watched.has(name)),
    load: saving.load,
    facts: () => ({
      unkept: keeping.lost,
      get verdicts() {
        return settings().shadowings.flatMap(shadowing => {
          if (shadowing === undefined) return [];
          const { route, config, rules } = shadowing;
          return evidence.verdictOf(route.name, { ...config, rules: rulesHash(rules, clock.wall()) });
        });
      },
    }),
    async save() {
      await Promise.all([keeping.flush(), saving.save()]);
    },
    close() {
      tripwires.close();
      keeping.close();
      saving.close();
    },
  };
}

const defaultRetain = { age: 7 * 86_400_000, bytes: 1024 ** 3 };

const toRetentions = (shadowings: CountSettings['shadowings'], now: number): Retention[] =>
  shadowings.flatMap(shadowing => {
    if (shadowing === undefined) return [];
    const { age, bytes } = shadowing.config.retain ?? defaultRetain;
    return { route: shadowing.route.name, before: now - age, bytes };
  });
