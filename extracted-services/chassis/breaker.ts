/** The estate's circuit breaker. This is the only file of it that knows cockatiel. */
import { CircuitState, circuitBreaker, handleAll, type IBreaker } from 'cockatiel';
import { type Clock, systemClock } from './clock.ts';

export type BreakerState = 'closed' | 'half-open' | 'open';

export interface BreakerOptions {
  /** Opens at this share of failures, above 0 up to 1; default 0.5 … */
  readonly failures?: number;
  /** … of the calls of the last so many milliseconds; default 10,000 … */
  readonly window?: number;
  /** … once there are so many of them; default 5. */
  readonly minimum?: number;
  /** Milliseconds until one probe is let through; default 5,000. */
  readonly pause?: number;
}

export interface Breaker {
  state(): BreakerState;
  /** Whether a call would be let through now: no while it is open, and while a probe is under way. */
  hasWay(): boolean;
  /** Runs a call and counts it: whatever rejects is a failure. Ask `hasWay` in the same tick. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

const words: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/** Calls that are remembered at most; of a busier window the newest ones. */
const maxRemembered = 1000;

export function createBreaker(options: BreakerOptions = {}, clock: Clock = systemClock): Breaker {
  const { failures = 0.5, window = 10_000, minimum = 5, pause = 5000 } = options;
  let restsUntil = 0;
  // cockatiel compares the pause with the wall clock; all or nothing leaves the decision to ours, which never jumps.
  const rest = {
    get duration() {
      return clock.now() < restsUntil ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    },
    next() {
      restsUntil = clock.now() + pause;
      return rest;
    },
  };
  const policy = circuitBreaker(handleAll, {
    breaker: createJudge({ failures, window, minimum }, clock),
    halfOpenAfter: rest,
  });
  return {
    state: () => words[policy.state],
    hasWay: () =>
      policy.state === CircuitState.Closed ||
      (policy.state === CircuitState.Open && clock.now() >= restsUntil),
    run: call => policy.execute(call),
  };
}

/** Forgets by time: cockatiel's own window keeps hour-old failures over an idle hour. */
function createJudge(bounds: Required<Omit<BreakerOptions, 'pause'>>, clock: Clock): IBreaker {
  let calls: { readonly at: number; readonly isBad: boolean }[] = [];
  const add = (isBad: boolean): void => {
    const now = clock.now();
    calls = calls.filter(({ at }) => at > now - bounds.window).slice(1 - maxRemembered);
    calls.push({ at: now, isBad });
  };
  return {
    state: undefined,
    success(state) {
      if (state === CircuitState.HalfOpen) calls = [];
      else add(false);
    },
    failure() {
      add(true);
      const bad = calls.filter(({ isBad }) => isBad).length;
      return calls.length >= bounds.minimum && bad >= bounds.failures * calls.length;
    },
  };
}
