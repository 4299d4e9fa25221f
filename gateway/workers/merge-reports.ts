import type { KeySetStatus } from '../edge/auth/issuers.ts';
import type { LimitsStatus } from '../edge/limit/limits.ts';
import type { UpstreamStatus } from '../proxy/upstream.ts';
import type { Report } from './messages.ts';

const breakers: readonly UpstreamStatus['breaker'][] = ['none', 'closed', 'half-open', 'open'];

/** Upstreams as all workers see them together: what is counted is added up, what is a state is the worst of them. */
export function mergeUpstreams(reports: readonly Report[]): readonly UpstreamStatus[] {
  const merged = new Map<string, UpstreamStatus>();
  for (const one of reports.flatMap(({ upstreams }) => upstreams)) {
    const known = merged.get(one.name);
    merged.set(one.name, known === undefined ? one : addUpstream(known, one));
  }
  return [...merged.values()];
}

const addUpstream = (one: UpstreamStatus, other: UpstreamStatus): UpstreamStatus => ({
  name: one.name,
  breaker: breakers[Math.max(breakers.indexOf(one.breaker), breakers.indexOf(other.breaker))] ?? 'none',
  inFlight: one.inFlight + other.inFlight,
  queued: one.queued + other.queued,
  openConnections: one.openConnections + other.openConnections,
  instances: one.instances.map(instance =>
    instance.isHealthy
      ? (other.instances.find(({ origin }) => origin === instance.origin) ?? instance)
      : instance,
  ),
});

/** @param own of the process that counts for all; its connection to Redis stands for whether the address works. */
export function mergeLimits(own: LimitsStatus, reports: readonly Report[]): LimitsStatus {
  const down = [own, ...reports.map(({ limits }) => limits)].find(({ isUp }) => !isUp);
  return down === undefined ? own : { ...down, store: own.store };
}

/** Keys are known where every process knows them, and a failure of one is a failure. */
export const mergeKeySets = (
  own: readonly KeySetStatus[],
  reports: readonly Report[],
): readonly KeySetStatus[] =>
  own.map(one => {
    const all = [one, ...reports.flatMap(({ keySets }) => keySets.filter(({ url }) => url === one.url))];
    return {
      url: one.url,
      isKnown: all.every(({ isKnown }) => isKnown),
      failure: all.find(({ failure }) => failure !== null)?.failure ?? null,
    };
  });
