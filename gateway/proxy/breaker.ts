/** One breaker for each upstream. This is the only file that knows cockatiel. */
import { CircuitState, circuitBreaker, handleWhenResult, type IBreaker } from 'cockatiel';
import type { Clock } from '../core/clock.ts';
import type { BreakerConfig } from './schema.ts';
import { SlidingCount } from './sliding-count.ts';
import type { AttemptEnd, UpstreamStatus } from './upstream.ts';

export type BreakerState = UpstreamStatus['breaker'];

export interface Breaker {
  readonly state: BreakerState;
  /** Whether `enter` would give a pass. Takes nothing. */
  hasWay(): boolean;
  /** A pass to the upstream; undefined while open, and while half-open with a probe under way. Nobody waits. */
  enter(): Pass | undefined;
  /** Whole seconds until it is worth asking again, at least 1. */
  retryAfter(): number;
}

/** Leave for one attempt. Requests share it while the breaker is closed; a probe has its own. */
export interface Pass {
  /** A head came that does not count against the upstream: closes a half-open breaker without waiting for the body. */
  answered(): void;
  /** How it ended; called once for each attempt. `unknown` counts nothing, and lets the next one be the probe. */
  settle(end: AttemptEnd): void;
}

const freePass: Pass = { answered() {}, settle() {} };

/** The breaker of an upstream that has none. */
export const noBreaker: Breaker = {
  state: 'none',
  hasWay: () => true,
  enter: () => freePass,
  retryAfter: () => 1,
};

const words: Record<CircuitState, Exclude<BreakerState, 'none'>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Opens once at least `minimum` attempts of the last `window` ended and `errors` percent of them badly; lets one probe
 * through after `pause`, closes if it ends well.
 *
 * What is settled after the breaker changed its state belongs to the past and counts nothing.
 */
export function createBreaker(
  config: BreakerConfig,
  clock: Clock,
  onChange: (state: Exclude<BreakerState, 'none'>) => void,
): Breaker {
  /** Monotonic; no probe before. */
  let restsUntil = 0;
  /** The probe that cockatiel awaits although nobody carries it now: the one before ended `unknown`. */
  let orphan: PromiseWithResolvers<AttemptEnd> | undefined;
  let closedPass: Pass | undefined;

  // cockatiel compares the pause with the wall clock; all or nothing leaves the decision to ours, which never jumps.
  const pause = {
    get duration() {
      return clock.now() < restsUntil ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    },
    next() {
      restsUntil = clock.now() + config.pause;
      return pause;
    },
  };
  const judge = createJudge(config, clock);
  const policy = circuitBreaker(
    handleWhenResult(end => end === 'bad'),
    { breaker: judge, halfOpenAfter: pause },
  );

  const openClosedPass = (): Pass => {
    const pass: Pass = {
      answered() {},
      settle(end) {
        if (pass !== closedPass || end === 'unknown') return;
        // What ends well cannot open it: cockatiel would tell the judge too, but a few promises later.
        if (end === 'good') judge.success(CircuitState.Closed);
        else void policy.execute(() => end);
      },
    };
    return pass;
  };
  closedPass = openClosedPass();
  policy.onStateChange(state => {
    closedPass = state === CircuitState.Closed ? openClosedPass() : undefined;
    onChange(words[state]);
  });

  const carry = (probe: PromiseWithResolvers<AttemptEnd>): Pass => {
    let isUnderWay = true;
    return {
      answered() {
        isUnderWay = false;
        probe.resolve('good');
      },
      settle(end) {
        if (!isUnderWay) closedPass?.settle(end === 'good' ? 'unknown' : end);
        else if (end === 'unknown') orphan = probe;
        else probe.resolve(end);
        isUnderWay = false;
      },
    };
  };

  const isRested = (): boolean => policy.state === CircuitState.Open && clock.now() >= restsUntil;

  return {
    get state() {
      return words[policy.state];
    },
    hasWay: () => closedPass !== undefined || orphan !== undefined || isRested(),
    enter() {
      if (closedPass !== undefined) return closedPass;
      const probe = orphan;
      if (probe !== undefined) {
        orphan = undefined;
        return carry(probe);
      }
      if (!isRested()) return undefined;
      const next = Promise.withResolvers<AttemptEnd>();
      void policy.execute(() => next.promise);
      return carry(next);
    },
    retryAfter: () => Math.max(1, Math.ceil((restsUntil - clock.now()) / 1000)),
  };
}

/** What cockatiel asks whether to open. Its own window keeps hour-old failures over an idle hour. */
function createJudge(config: BreakerConfig, clock: Clock): IBreaker {
  const good = new SlidingCount(config.window);
  const bad = new SlidingCount(config.window);
  return {
    state: undefined,
    success(state) {
      if (state !== CircuitState.HalfOpen) return good.add(clock.now());
      good.clear();
      bad.clear();
    },
    failure() {
      const now = clock.now();
      bad.add(now);
      const failed = bad.total(now);
      const all = failed + good.total(now);
      return all >= config.minimum && failed * 100 >= config.errors * all;
    },
  };
}
