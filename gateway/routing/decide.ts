import { Refusal } from '../core/errors.ts';
import type { Decision, RouteFacts } from '../core/exchange.ts';
import { isSafe } from '../core/vocabulary.ts';
import type { Asker, Cohort, Hold, Route } from './route.ts';
import { bucketOf, buckets, keyOf, pinOf } from './split.ts';

/** What the decision needs of a request. */
export interface DecidedRequest {
  readonly method: string;
  /** Carries a method-override field: then it is not safe, and never copied. */
  readonly isOverridden: boolean;
}

/** Fields by which a request may ask to be another method than it says. */
export const overrideFields = ['x-http-method-override', 'x-http-method', 'x-method-override'] as const;

export const isMethodOverridden = (headers: Asker['headers']): boolean =>
  overrideFields.some(field => headers[field] !== undefined);

/**
 * Which side serves, which gets a copy, and why: hold, then pins, then the bucket, then the stage.
 * @throws Refusal `held` where neither side may serve.
 */
export function decide(
  route: Route,
  request: DecidedRequest,
  asker: Asker,
  hold: Hold | undefined,
): Decision {
  const isHeld = hold !== undefined && covers(hold, route, asker);
  const decision = isHeld ? decideHeld(route, request, hold) : decideByStage(route, asker);
  return request.isOverridden && decision.shadow !== undefined
    ? { ...decision, shadow: undefined }
    : decision;
}

/**
 * Why a near miss of the route may not go to legacy: its code there is gone, or its data stale; undefined if it may.
 */
export function refusalOfNearMiss(route: RouteFacts, request: DecidedRequest): Refusal | undefined {
  const isRead = isSafe(request.method) && !request.isOverridden;
  if (route.stage !== 'done' && (route.data !== 'service' || isRead)) return undefined;
  return new Refusal('route-gone', `this spelling of a path of ${route.name} is no longer served by legacy`);
}

function decideByStage(route: Route, asker: Asker): Decision {
  return route.stage === 'canary' && route.cohort !== undefined ? split(route.cohort, asker) : route.decision;
}

/** In canary the other side gets the copy, both ways. */
function split(cohort: Cohort, asker: Asker): Decision {
  const pinned = pinOf(cohort, asker);
  if (pinned !== undefined) {
    const shadow = pinned.side === 'service' ? 'legacy' : 'service';
    return { serve: pinned.side, shadow, because: 'pin', detail: `pinned: ${pinned.pin.text}` };
  }
  const { threshold } = cohort;
  const bucket = bucketOf(cohort.name, keyOf(cohort.by, asker));
  const of = `bucket ${bucket} of ${buckets} is`;
  return bucket < threshold
    ? { serve: 'service', shadow: 'legacy', because: 'canary', detail: `${of} below ${threshold}` }
    : { serve: 'legacy', shadow: 'service', because: 'canary', detail: `${of} not below ${threshold}` };
}

/** A route that is done cannot be held; while a release ramps up, a growing share of clients is free. */
function covers(hold: Hold, route: Route, asker: Asker): boolean {
  if (route.stage === 'done' || route.index === 0) return false;
  if (hold.released <= 0) return true;
  const { cohort } = route;
  return (
    bucketOf(cohort?.name ?? route.name, keyOf(cohort?.by ?? [], asker)) >= Math.round(hold.released * 100)
  );
}

/** The service still gets a copy if the stage gives it one. With `data: service`, legacy's data is stale from canary on. */
function decideHeld(route: Route, request: DecidedRequest, hold: Hold): Decision {
  const isStale = route.data === 'service' && (route.stage === 'canary' || route.stage === 'migrated');
  const maySeeStale = route.allowsStale && isSafe(request.method) && !request.isOverridden;
  if (isStale && !maySeeStale) throw new Refusal('held', `route ${route.name} is held: ${hold.reason}`);
  const shadow = route.stage === 'shadow' || route.stage === 'canary' ? 'service' : undefined;
  return { serve: 'legacy', shadow, because: 'hold', detail: `held: ${hold.reason}` };
}
