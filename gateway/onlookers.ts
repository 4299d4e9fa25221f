import type { Clock } from './core/clock.ts';
import type { Events } from './core/events.ts';
import { type Stage, stages } from './core/vocabulary.ts';
import { matchedFields } from './routing/request-line.ts';
import type { Snapshot } from './snapshot.ts';
import type { Store } from './store/store.ts';
import { createDiscovery, type Discovery } from './telemetry/discovery.ts';
import { createProgress, type Progress } from './telemetry/progress.ts';
import { createRecentRequests, type Recent, type RecentRequests } from './telemetry/recent-requests.ts';

/** What looks on, behind the answers, and remembers: unclaimed paths, how far the migration has come, the last hour. */
export interface Onlookers {
  readonly discovery: Discovery;
  readonly progress: Progress;
  readonly recent: Recents;
  /** Never rejects: where the store is away, they begin anew. */
  load(): Promise<void>;
  close(): Promise<void>;
}

/** The last hour: of this process, or of those that serve in its place. */
export interface Recents extends Pick<RecentRequests, 'close'> {
  take(): Recent | Promise<Recent>;
}

export interface OnlookerParts {
  readonly events: Events;
  readonly clock: Clock;
  readonly store: Store;
  snapshot(): Snapshot | undefined;
  /** Where clients are served elsewhere. */
  readonly recent?: Recents | undefined;
}

export function createOnlookers({ events, clock, store, snapshot, ...given }: OnlookerParts): Onlookers {
  const discovery = createDiscovery({ events, clock, store });
  const progress = createProgress({ events, clock, store, stages: () => countStages(snapshot()) });
  const recent = given.recent ?? createRecentRequests({ events, clock, fields: () => fieldsOf(snapshot()) });
  return {
    discovery,
    progress,
    recent,
    load: () =>
      discovery.load().catch((error: unknown) => {
        events.emit({ type: 'store-failed', task: 'read templates', reason: String(error) });
      }),
    async close() {
      recent.close();
      await Promise.all([discovery.close(), progress.close()]);
    },
  };
}

function countStages(snapshot: Snapshot | undefined): Record<Stage, number> {
  const counts = Object.fromEntries(stages.map(stage => [stage, 0])) as Record<Stage, number>;
  for (const { stage, index } of snapshot?.routes ?? []) if (index > 0) counts[stage] += 1;
  return counts;
}

const fieldsBySnapshot = new WeakMap<Snapshot, ReadonlySet<string>>();
const none: ReadonlySet<string> = new Set();

/** Names of the fields that the routes match on. */
export function fieldsOf(snapshot: Snapshot | undefined): ReadonlySet<string> {
  if (snapshot === undefined) return none;
  const known = fieldsBySnapshot.get(snapshot);
  if (known !== undefined) return known;
  const fields = matchedFields(snapshot.routes);
  fieldsBySnapshot.set(snapshot, fields);
  return fields;
}
