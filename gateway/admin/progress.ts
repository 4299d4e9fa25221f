import type { Stage } from '../core/vocabulary.ts';
import type { ProgressSample } from '../routing/progress.ts';
import type { AdminDeps } from './deps.ts';
import { AdminRefusal } from './problems.ts';
import { isoOf } from './status.ts';

/** How much is migrated, over time, for `/api/progress`. */
export interface ProgressView {
  /** Oldest first: of 5 minutes for two days, of an hour for 60 days, of a day before. The last one is under way. */
  readonly samples: readonly ProgressPoint[];
  readonly today: {
    /** Share (0 to 1) of the requests of the last 24 hours that services served. */
    readonly serviceShare: number;
    /** In stage migrated or done. */
    readonly routesDone: number;
    readonly routes: number;
  };
  /** The store is away: these are the samples that the gateway itself remembers. */
  readonly isPartial: boolean;
}

export interface ProgressPoint {
  readonly at: string;
  /** Width of the sample. */
  readonly ms: number;
  readonly requests: number;
  readonly byService: number;
  readonly unclaimed: number;
  readonly routesByStage: Readonly<Record<Stage, number>>;
}

const day = 86_400_000;
const usual = 30 * day;

/** @param asked RFC 3339 times; by default the last 30 days. */
export async function progressOf(
  deps: Pick<AdminDeps, 'readProgress' | 'routes' | 'clock'>,
  asked: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<ProgressView> {
  const now = deps.clock.wall();
  const since = toTime('from', asked.from) ?? now - usual;
  const until = toTime('to', asked.to) ?? now + 1;
  const read = (from: number, to: number) => deps.readProgress({ since: from, until: to, routes: [] });
  const [history, lately] = await Promise.all([read(since, until), read(now - day, now + 1)]);
  const claimed = deps.routes().slice(1);
  return {
    samples: history.samples.map(toPoint),
    today: {
      serviceShare: shareOf(lately.samples),
      routesDone: claimed.filter(({ stage }) => stage === 'migrated' || stage === 'done').length,
      routes: claimed.length,
    },
    isPartial: history.isPartial,
  };
}

function shareOf(samples: readonly ProgressSample[]): number {
  const requests = samples.reduce((sum, sample) => sum + sample.requests, 0);
  return requests === 0 ? 0 : samples.reduce((sum, { byService }) => sum + byService, 0) / requests;
}

function toTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(at))
    throw new AdminRefusal(
      'bad-request',
      `query: ${name}: expected a time such as 2026-11-26T06:00:00Z, got ${JSON.stringify(text.slice(0, 60))}`,
    );
  return at;
}

const toPoint = ({
  at,
  ms,
  requests,
  byService,
  unclaimed,
  routesByStage,
}: ProgressSample): ProgressPoint => ({
  ...{ at: isoOf(at), ms, requests, byService, unclaimed, routesByStage },
});
