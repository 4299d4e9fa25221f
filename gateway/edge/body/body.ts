import { Refusal } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import type { GuardMode } from '../../core/vocabulary.ts';
import type { GuardFacts, GuardMaker } from '../guard.ts';
import { stageMode } from '../mode.ts';

/** The bound on a request's body, and what happens beyond it. */
export interface BodyBound {
  /** Bytes. */
  readonly size: number;
  readonly mode: GuardMode;
}

/** A claimed route's own `maxBody`, else `edge.maxBody`; unclaimed traffic has a bound only if `edge.unclaimed` says so. */
export function boundOf(facts: GuardFacts): BodyBound | undefined {
  const { route, edge } = facts;
  const value = route === undefined ? edge.unclaimed.maxBody : (route.maxBody ?? edge.maxBody);
  if (value === undefined) return undefined;
  return typeof value === 'number'
    ? { size: value, mode: stageMode(facts) }
    : { size: value.size, mode: value.mode ?? stageMode(facts) };
}

/**
 * Refuses a declared Content-Length over the bound. A chunked body is counted while it streams: the proxy breaks off one
 * that is over (`Plan.maxBody`), the review tells of one that only would have been.
 */
export const body: GuardMaker = {
  name: 'body',
  modeOf: facts => boundOf(facts)?.mode,
  compile(facts) {
    const bound = boundOf(facts)?.size ?? Number.POSITIVE_INFINITY;
    return exchange => {
      const declared = exchange.req.headers['content-length'];
      if (declared === undefined || Number(declared) <= bound) return undefined;
      return new Refusal(
        'body-too-large',
        `the body has ${declared} bytes, the bound is ${formatSize(bound)}`,
      );
    };
  },
  compileReview(facts) {
    const bound = boundOf(facts)?.size ?? Number.POSITIVE_INFINITY;
    return ({ bytesIn }) =>
      bytesIn <= bound
        ? undefined
        : new Refusal('body-too-large', `the body has ${bytesIn} bytes, the bound is ${formatSize(bound)}`);
  },
};
