import { basename } from 'node:path';
import type { StatusView } from './status.ts';

/** Something that nobody should have to look for. */
export interface Attention {
  readonly level: 'error' | 'warning';
  readonly kind:
    | 'draining'
    | 'config-refused'
    | 'worker-away'
    | 'restart-needed'
    | 'store-away'
    | 'limits-degraded'
    | 'holds-degraded'
    | 'keys-away'
    | 'holds-unsaved'
    | 'held'
    | 'breaker'
    | 'instance'
    | 'fallbacks'
    | 'near-misses'
    | 'would-refuse'
    | 'would-lock-out';
  /** A route or an upstream; null where it is about the gateway. */
  readonly about: string | null;
  readonly text: string;
}

/** What is wrong comes first, then what somebody or something has stopped. */
const rankOf = ({ level, kind }: Attention): number => (level === 'error' ? 0 : kind === 'held' ? 1 : 2);

/** The list on the first page, worst first. */
export function attentionOf(
  status: Omit<StatusView, 'attention'>,
  unsavedHolds: number,
): readonly Attention[] {
  const found = [
    ...ofGateway(status, unsavedHolds),
    ...ofUpstreams(status.upstreams),
    ...[...status.routes, status.unclaimed].flatMap(row => [...ofRoute(row)]),
    ...ofGuards(status.observed),
  ];
  return found.sort((one, other) => rankOf(one) - rankOf(other));
}

function* ofGateway(
  { draining, config, store, limits, holdSharing, keySets, workers }: Omit<StatusView, 'attention'>,
  unsavedHolds: number,
): Iterable<Attention> {
  if (draining !== null)
    yield { level: 'warning', kind: 'draining', about: null, text: `shutting down: ${draining}` };
  for (const { worker, state, lost } of workers)
    if (lost !== '' && (state === 'resting' || state === 'starting'))
      yield {
        level: 'error',
        kind: 'worker-away',
        about: null,
        text: `worker ${worker} was lost and does not serve yet: ${lost}`,
      };
  if (config.waitsForRestart.length > 0)
    yield {
      level: 'warning',
      kind: 'restart-needed',
      about: null,
      text: `changed in the file, and settled at the start: ${config.waitsForRestart.join(', ')}`,
    };
  const { ok, problems } = config.lastReload;
  if (!ok)
    yield {
      level: 'error',
      kind: 'config-refused',
      about: null,
      text: `${basename(config.file)} is refused, the last good one (${config.hash}) runs: ${problems[0] ?? 'unknown'}${problems.length > 1 ? ` and ${problems.length - 1} more` : ''}`,
    };
  if (store.isAway)
    yield { level: 'error', kind: 'store-away', about: null, text: `the store is away: ${store.detail}` };
  if (store.kind === 'memory')
    yield { level: 'warning', kind: 'store-away', about: null, text: store.detail };
  if (!limits.isUp)
    yield {
      level: 'error',
      kind: 'limits-degraded',
      about: null,
      text:
        limits.store === 'redis'
          ? `Redis is away or slow, this process counts limits alone: ${limits.detail}`
          : `a worker counts limits alone: ${limits.detail}`,
    };
  if (holdSharing.redis === 'away' && holdSharing.detail !== '')
    yield {
      level: 'error',
      kind: 'holds-degraded',
      about: null,
      text: `Redis is away, ${
        holdSharing.isStoreShared
          ? 'other gateways learn of a hold or a release from the store, within seconds'
          : 'no other gateway learns of a hold or a release that is made here, nor this one of theirs'
      }: ${holdSharing.detail}`,
    };
  for (const { url, isKnown, failure } of keySets)
    if (failure !== null)
      yield {
        level: isKnown ? 'warning' : 'error',
        kind: 'keys-away',
        about: null,
        text: `the keys at ${url} could not be fetched, ${isKnown ? 'those known live on' : 'so every token of their issuer is 503'}: ${failure}`,
      };
  if (unsavedHolds > 0)
    yield {
      level: 'error',
      kind: 'holds-unsaved',
      about: null,
      text: `${unsavedHolds} holds or releases are not in the store yet: a restart would forget them`,
    };
}

function* ofUpstreams(upstreams: StatusView['upstreams']): Iterable<Attention> {
  for (const { name, breaker, instances } of upstreams) {
    if (breaker === 'open' || breaker === 'half-open')
      yield { level: 'error', kind: 'breaker', about: name, text: `the breaker of ${name} is ${breaker}` };
    for (const { origin, isHealthy, why } of instances)
      if (!isHealthy)
        yield {
          level: 'warning',
          kind: 'instance',
          about: name,
          text: `${origin} of ${name} is out: ${why}`,
        };
  }
}

function* ofRoute(row: StatusView['unclaimed']): Iterable<Attention> {
  const about = row.route;
  if (row.hold !== null) {
    const { by, reason, until, released } = row.hold;
    const end = until === null ? '' : `, ends ${until}`;
    const ramp = released === 0 ? '' : `, ${released} % released`;
    yield {
      level: 'warning',
      kind: 'held',
      about,
      text: `${about} is held by ${by}: ${reason}${end}${ramp}`,
    };
  }
  const counts = [
    ['fallbacks', row.fallbacks, 'fell back to legacy'],
    ['near-misses', row.nearMisses, 'all but matched'],
    ['would-refuse', row.wouldRefuse, 'would be refused if the guards enforced'],
  ] as const;
  for (const [kind, count, what] of counts)
    if (count > 0) yield { level: 'warning', kind, about, text: `${about}: ${toRequests(count)} ${what}` };
}

function* ofGuards(observed: StatusView['observed']): Iterable<Attention> {
  for (const { route, guard, lockedOut, refusedByBoth, callers } of observed)
    if (lockedOut > 0)
      yield {
        level: 'warning',
        kind: 'would-lock-out',
        about: route,
        text: `${route}: ${guard} would refuse ${toRequests(lockedOut)} that the upstream accepted (${refusedByBoth} that it refused too); most of ${callers[0]?.caller ?? 'nobody'}`,
      };
}

const toRequests = (count: number): string => (count === 1 ? '1 request' : `${count} requests`);
