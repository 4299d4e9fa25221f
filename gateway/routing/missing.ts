import { isSafe, type Stage, stages } from '../core/vocabulary.ts';
import type { Route } from './route.ts';

/**
 * What `routes.yaml` must say of a route before it may stand in that stage, each with where and how; the loader refuses
 * the file without it. A percent is not among it: the move itself can bring that.
 */
export function missingFor(
  { name, cohort, data, entries }: Pick<Route, 'name' | 'cohort' | 'data' | 'entries'>,
  stage: Stage,
): readonly string[] {
  const missing: string[] = [];
  const place = cohort === undefined || cohort.name === name ? `routes.${name}` : `cohorts.${cohort.name}`;
  if (stage === 'canary' && (cohort?.by.length ?? 0) === 0)
    missing.push(`${place} lacks by, what tells one client from another, such as by: [cookie:NAME]`);
  const isWritten = entries.some(({ methods = [''] }) => !methods.every(isSafe));
  if (data === undefined && isWritten && stages.indexOf(stage) >= stages.indexOf('canary'))
    missing.push(`routes.${name} lacks data, who owns what is written: data: legacy, synced or service`);
  return missing;
}
