import { Refusal } from '../core/errors.ts';
import type { Decision } from '../core/exchange.ts';
import { isSafe } from '../core/vocabulary.ts';
import type { Asker, Cohort, Hold, Route } from './route.ts';
import { bucketOf, buckets, keyOf, pinOf } from './split.ts';

/** What the decision needs of a request. */
export interface DecidedRequest {
  readonly method: string;
  /** Carries a method-override field: then it is not safe, and never copied. */
  readonly isOverridden: boolean;
  readonly isPreflight?: boolean;
}

/** Fields by which a request may ask to be another method than it says. */
export const overrideFields = ['x-http-method-override', 'x-http-method', 'x-method-override'] as const;

export const isMethodOverridden = (headers: Asker['headers']): boolean =>
  overrideFields.some(field => headers[field] !== undefined);

/**
 * Which side serves, which gets a copy, and why: hold, then pins, then the bucket, then the stage. A preflight is
 * legacy's before `migrated` and the service's from then on, whoever asks: a browser remembers it for all of its users.
 * @throws Refusal `held` where neither side may serve.
 */
export function decide(
  route: Route,
  request: DecidedRequest,
  asker: Asker,
  hold: Hold | undefined,
): Decision {
  const isHeld = hold !== undefined && covers(hold, route, asker);
  const decision = isHeld ? decideHeld(route, request, hold) : decideByStage(route, request, asker);
  const isUncopied = request.isOverridden || request.isPreflight === true;
  return isUncopied && decision.shadow !== undefined ? { ...decision, shadow: undefined } : decision;
}

/**
 * Why a near miss of the route may not go to legacy: its code there is gone, or its data stale and the route does not
 * accept stale reads; undefined if it may.
 */
export function refusalOfNearMiss(route: Route, request: DecidedRequest): Refusal | undefined {
  if (route.stage !== 'done' && (!isStale(route) || maySeeStale(route, request))) return undefined;
  return new Refusal('route-gone', `this spelling of a path of ${route.name} is no longer served by legacy`);
}

/** With `data: service`, legacy's data is stale from canary on. */
const isStale = ({ data, stage }: Route): boolean =>
  data === 'service' && (stage === 'canary' || stage === 'migrated');

const maySeeStale = (route: Route, { method, isOverridden }: DecidedRequest): boolean =>
  route.allowsStale && isSafe(method) && !isOverridden;

function decideByStage(route: Route, { isPreflight }: DecidedRequest, asker: Asker): Decision {
  if (isPreflight === true && route.stage === 'canary') return legacysPreflight;
  return route.stage === 'canary' && route.cohort !== undefined ? split(route.cohort, asker) : route.decision;
}

const legacysPreflight: Decision = {
  serve: 'legacy',
  shadow: undefined,
  because: 'stage',
  detail: 'a preflight is answered by legacy before migrated',
};

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

/** The service still gets a copy if the stage gives it one. */
function decideHeld(route: Route, request: DecidedRequest, hold: Hold): Decision {
  if (isStale(route) && !maySeeStale(route, request))
    throw new Refusal('held', `route ${route.name} is held: ${hold.reason}`);
  const shadow = route.stage === 'shadow' || route.stage === 'canary' ? 'service' : undefined;
  return { serve: 'legacy', shadow, because: 'hold', detail: `held: ${hold.reason}` };
}
