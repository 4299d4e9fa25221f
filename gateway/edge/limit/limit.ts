import { Refusal } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { formatDuration, type Rate } from '../../core/units.ts';
import type { GuardMode } from '../../core/vocabulary.ts';
import type { GuardFacts, GuardMaker } from '../guard.ts';
import { stageMode } from '../mode.ts';
import { isPreflight } from '../preflight.ts';
import { type KeyOf, toKeyOf } from './client-key.ts';
import type { Count, Limiter } from './limiter.ts';
import type { LimitRule } from './limits.ts';

/** The short form is a rate alone. */
type Written = Rate & { readonly by?: string; readonly mode?: GuardMode | undefined };

interface LimitSettings extends LimitRule {
  readonly mode: GuardMode;
}

/** A claimed route's own `limit`, else `edge.limit`; unclaimed traffic has one only if `edge.unclaimed` says so. */
function settingsOf(facts: GuardFacts): LimitSettings | undefined {
  const { route, edge, name } = facts;
  const value: Written | undefined = route === undefined ? edge.unclaimed.limit : (route.limit ?? edge.limit);
  if (value === undefined) return undefined;
  const { requests, window, by = 'client', mode = stageMode(facts) } = value;
  return { name, by: by.toLowerCase(), requests, window, mode };
}

/** How many requests a client may send. */
export const limit: GuardMaker = {
  name: 'limit',
  modeOf: facts => settingsOf(facts)?.mode,
  compile(facts, { limits }) {
    const settings = settingsOf(facts);
    if (settings === undefined) throw new TypeError(`${facts.name} has no limit`);
    const limiter = limits.limiter(settings);
    const keyOf = toKeyOf(settings.by, limits.networkOf);
    return settings.mode === 'observe'
      ? observe(limiter, keyOf, `by ${settings.by}`)
      : enforce(limiter, keyOf, settings.by);
  },
};

/**
 * How many requests all clients may send together, claimed or not; those that the guards before refused are not among
 * them. It is no rule of a route, so it enforces in every stage.
 */
export const total: GuardMaker = {
  name: 'limit',
  modeOf: ({ edge }) => (edge.total === undefined ? undefined : 'enforce'),
  compile({ edge }, { limits }) {
    if (edge.total === undefined) throw new TypeError('there is no total');
    const limiter = limits.limiter({ ...edge.total, name: '', by: 'total' });
    const verdict = (count: Count) => refusalOf(limiter, count, 'of all clients together');
    return () => {
      const count = limiter.hit('');
      return count instanceof Promise ? count.then(verdict) : verdict(count);
    };
  },
};

function enforce(limiter: Limiter, keyOf: KeyOf, by: string): ReturnType<GuardMaker['compile']> {
  const { requests, window } = limiter.rate;
  const name = by.replace(/:.*/s, '');
  const policy = `"${name}";q=${requests};w=${Math.ceil(window / 1000)}`;
  const left = `"${name}";r=`;
  /** draft-ietf-httpapi-ratelimit-headers-10, §3 and §4. */
  const settle = (exchange: Exchange, count: Count): Refusal | undefined => {
    const remaining = count.totalHits < requests ? requests - count.totalHits : 0;
    exchange.answerFields.push(
      'RateLimit-Policy',
      policy,
      'RateLimit',
      `${left}${remaining};t=${limiter.secondsLeft(count)}`,
    );
    return refusalOf(limiter, count, `by ${by}`);
  };
  return exchange => {
    if (isPreflight(exchange)) return undefined;
    const count = limiter.hit(keyOf(exchange));
    return count instanceof Promise ? count.then(known => settle(exchange, known)) : settle(exchange, count);
  };
}

/** Nothing waits, and the answer says nothing. */
const observe =
  (limiter: Limiter, keyOf: KeyOf, whose: string): ReturnType<GuardMaker['compile']> =>
  exchange =>
    isPreflight(exchange) ? undefined : refusalOf(limiter, limiter.note(keyOf(exchange)), whose);

function refusalOf(limiter: Limiter, count: Count, whose: string): Refusal | undefined {
  const { requests, window }: Rate = limiter.rate;
  if (count.totalHits <= requests) return undefined;
  const seconds = String(limiter.secondsLeft(count));
  return new Refusal(
    'limit-exceeded',
    `more than ${requests} requests in ${formatDuration(window)}, ${whose}; try again in ${seconds} s`,
    ['Retry-After', seconds],
  );
}
