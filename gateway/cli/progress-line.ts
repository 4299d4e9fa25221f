import type { ProgressPoint, ProgressView } from '../admin/progress.ts';
import { type AdminClient, NoAdmin } from './admin-client.ts';

const day = 86_400_000;
const since = 8 * day;

/** How far it has come lately, in one line; undefined where the gateway does not tell. */
export async function readProgressLine(admin: AdminClient): Promise<string | undefined> {
  const now = Date.now();
  const path = `/api/progress?from=${new Date(now - since).toISOString()}`;
  const view = (await admin.get(path).catch(orNothing)) as Partial<ProgressView> | undefined;
  return view?.today === undefined || view.samples === undefined
    ? undefined
    : toLine({ today: view.today, samples: view.samples, isPartial: view.isPartial === true }, now);
}

/** `last 24 hours: services served 41 % (a week ago 12 %); 3 of 12 routes are migrated or done` */
export function toLine({ today, samples, isPartial }: ProgressView, now: number): string {
  const before = shareOf(samples.filter(({ at }) => Date.parse(at) < now - 7 * day));
  const weekAgo = before === undefined ? '' : ` (a week ago ${percent(before)})`;
  const partial = isPartial ? ', as far as is known while the store is away' : '';
  return `last 24 hours: services served ${percent(today.serviceShare)}${weekAgo}${partial}; ${today.routesDone} of ${today.routes} routes are migrated or done`;
}

function shareOf(samples: readonly ProgressPoint[]): number | undefined {
  const requests = samples.reduce((sum, sample) => sum + sample.requests, 0);
  return requests === 0 ? undefined : samples.reduce((sum, { byService }) => sum + byService, 0) / requests;
}

/** A gateway of an older version has no such call; the rest of the status stands without it. */
function orNothing(error: unknown): undefined {
  if (error instanceof NoAdmin) throw error;
  return undefined;
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
