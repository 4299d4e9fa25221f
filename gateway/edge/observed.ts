import type { ErrorCode } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { GuardName } from '../core/vocabulary.ts';
import type { GuardFacts } from './guard.ts';

/** Callers that are remembered by name for one guard of one route. */
const maxCallers = 100;

/** What an observing guard of one route would have done, held against what the upstream itself answered. */
export interface ObservedCounts {
  readonly route: string;
  readonly guard: GuardName;
  /** Wall clock, milliseconds. Counting begins anew when the settings of the guard change. */
  readonly since: number;
  /** It would refuse what the upstream accepted: whom the rule would lock out. */
  lockedOut: number;
  refusedByBoth: number;
  /** It lets pass what the upstream refused: there is a rule that is not written here. */
  refusedByUpstream: number;
  passed: number;
  /** It would refuse, and the upstream failed, so nobody knows what it would have said. */
  undecided: number;
  /** Why those of `lockedOut` would be refused. */
  readonly codes: Map<ErrorCode, number>;
  /** Who those of `lockedOut` are, `user alice` and the like: the first hundred. */
  readonly callers: Map<string, number>;
}

/** The counts of all observing guards of one snapshot. */
export interface Observed {
  countsOf(facts: GuardFacts, guard: GuardName): ObservedCounts;
  list(): Iterable<ObservedCounts>;
  /** Those of a guard whose settings are what they were; else undefined. */
  find(key: string): ObservedCounts | undefined;
}

/** @param before of the snapshot that runs: the counts of guards that stay as they are go on. */
export function createObserved(wall: () => number, before: Observed | undefined): Observed {
  const byKey = new Map<string, ObservedCounts>();
  return {
    countsOf(facts, guard) {
      const key = keyOf(facts, guard);
      const counts = before?.find(key) ?? newCounts(facts.name, guard, wall());
      byKey.set(key, counts);
      return counts;
    },
    list: () => byKey.values(),
    find: key => byKey.get(key),
  };
}

const newCounts = (route: string, guard: GuardName, since: number): ObservedCounts => ({
  route,
  guard,
  since,
  lockedOut: 0,
  refusedByBoth: 0,
  refusedByUpstream: 0,
  passed: 0,
  undecided: 0,
  codes: new Map(),
  callers: new Map(),
});

const settingNames = {
  ip: 'ip',
  cors: 'cors',
  auth: 'auth',
  limit: 'limit',
  body: 'maxBody',
} as const satisfies Record<GuardName, string>;

function keyOf({ name, route, edge, auth }: GuardFacts, guard: GuardName): string {
  const setting = settingNames[guard];
  const fallback = setting === 'auth' ? undefined : edge[setting];
  const own =
    route === undefined ? { ...edge.unclaimed, cors: undefined }[setting] : (route[setting] ?? fallback);
  return [name, guard, textOf(own), guard === 'auth' ? textOf(auth) : ''].join('\0');
}

/** Texts of settings, which are frozen; most routes share theirs. */
const texts = new WeakMap<object, string>();

function textOf(settings: unknown): string {
  if (typeof settings !== 'object' || settings === null) return JSON.stringify(settings) ?? '';
  const known = texts.get(settings);
  if (known !== undefined) return known;
  const text = JSON.stringify(settings);
  texts.set(settings, text);
  return text;
}

/** What the upstream itself said to the caller. */
type UpstreamSaid = 'accepted' | 'refused' | 'nothing';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Whether an upstream refused: 401, 403, a redirect to the login page, and what the guard itself would answer
 * (413 for bodies, 429 for limits). A failure says nothing.
 */
function toUpstreamSaid(exchange: Exchange, guard: GuardName, login: string | undefined): UpstreamSaid {
  const { served, status } = exchange;
  if (served === undefined || status >= 500 || status === 0) return 'nothing';
  if (status === 401 || status === 403 || status === ownStatus[guard]) return 'refused';
  return login !== undefined && redirects.has(status) && leadsTo(exchange, login) ? 'refused' : 'accepted';
}

const ownStatus: Partial<Record<GuardName, number>> = { limit: 429, body: 413 };

function leadsTo({ location, target, req }: Exchange, login: string): boolean {
  const base = `http://${req.headers.host ?? 'gateway'}`;
  if (location === undefined || !URL.canParse(location, base + target.path)) return false;
  const to = new URL(location, base + target.path);
  const wanted = URL.canParse(login, base) ? new URL(login, base) : undefined;
  return wanted !== undefined && to.host === wanted.host && to.pathname === wanted.pathname;
}

/**
 * Holds what the guard would have done against what the upstream did.
 * @param login path of the login page, if there is one.
 */
export function countObserved(counts: ObservedCounts, exchange: Exchange, login: string | undefined): void {
  const said = toUpstreamSaid(exchange, counts.guard, login);
  const code = exchange.wouldRefuse?.find(({ guard }) => guard === counts.guard)?.code;
  if (code === undefined) {
    if (said === 'accepted') counts.passed++;
    // A 401 of the upstream says nothing about a limit or a size that was kept.
    else if (said === 'refused' && isAbout(counts.guard, exchange.status)) counts.refusedByUpstream++;
  } else if (said === 'refused') counts.refusedByBoth++;
  else if (said === 'nothing') counts.undecided++;
  else {
    counts.lockedOut++;
    add(counts.codes, code);
    const caller = callerOf(exchange);
    if (counts.callers.size < maxCallers || counts.callers.has(caller)) add(counts.callers, caller);
  }
}

const isAbout = (guard: GuardName, status: number): boolean =>
  ownStatus[guard] === undefined || ownStatus[guard] === status;

const add = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

const callerOf = ({ identity: { user, key }, client }: Exchange): string =>
  user !== undefined ? `user ${user}` : key !== undefined ? `key ${key}` : `address ${client.address}`;
