import type { Traffic } from './traffic.ts';

/** `312 requests: 200 251, 302 58, no answer 3; visits: phone 40, …` */
export function describeTraffic({ answers, visits }: Traffic): string {
  const all = [...answers.values()].reduce((sum, count) => sum + count, 0);
  const byStatus = [...answers]
    .toSorted(([one], [other]) => one - other)
    .map(([status, count]) => `${status === 0 ? 'no answer' : status} ${count}`);
  const byVisit = [...visits].toSorted().map(([name, count]) => `${name} ${count}`);
  return `${all} requests: ${byStatus.join(', ') || 'none'}; visits: ${byVisit.join(', ')}`;
}
