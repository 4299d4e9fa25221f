import { Refusal } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import type { GuardMode } from '../../core/vocabulary.ts';
import type { Guard } from '../guard.ts';
import type { EdgeConfig, RouteEdgeConfig } from '../schema.ts';

/** The bound on a request's body; Infinity where there is none. */
export interface BodyBound {
  readonly size: number;
  readonly mode: GuardMode;
}

/** A claimed route's own `maxBody`, else `edge.maxBody`; the stage says the mode where they do not. */
export function boundOf(route: RouteEdgeConfig, edge: EdgeConfig, stageMode: GuardMode): BodyBound {
  return toBound(route.maxBody ?? edge.maxBody, stageMode);
}

export const unclaimedBoundOf = (edge: EdgeConfig): BodyBound =>
  edge.unclaimed.maxBody === undefined
    ? { size: Number.POSITIVE_INFINITY, mode: 'enforce' }
    : toBound(edge.unclaimed.maxBody, 'enforce');

const toBound = (value: NonNullable<RouteEdgeConfig['maxBody']>, stageMode: GuardMode): BodyBound =>
  typeof value === 'number'
    ? { size: value, mode: stageMode }
    : { size: value.size, mode: value.mode ?? stageMode };

/** Refuses a declared Content-Length over the bound; a chunked body is counted while it streams. */
export function createBodyGuard(bound: BodyBound): Guard {
  return {
    name: 'body',
    mode: bound.mode,
    check(exchange) {
      const declared = exchange.req.headers['content-length'];
      if (declared === undefined || Number(declared) <= bound.size) return undefined;
      return new Refusal(
        'body-too-large',
        `the body has ${declared} bytes, the bound is ${formatSize(bound.size)}`,
      );
    },
  };
}
