import { type Infer, shape } from '../config/define.ts';
import { auth, routeAuth, unclaimedAuth } from './auth/schema.ts';
import { maxBody } from './body/schema.ts';
import { cors } from './cors/schema.ts';
import { ip } from './ip/schema.ts';
import { bruteForce, limit, total } from './limit/schema.ts';

/** Defaults for claimed routes; `unclaimed` has its own. */
export const edge = shape({
  limit: limit.optional(),
  bruteForce: bruteForce.default({ requests: 300, window: 60_000 }),
  cors: cors.optional(),
  total: total.optional(),
  ip: ip.optional(),
  maxBody: maxBody.default(100 * 1024 * 1024),
  unclaimed: shape({
    auth: unclaimedAuth.default('pass'),
    limit: limit.optional(),
    ip: ip.optional(),
    maxBody: maxBody.optional(),
  }).prefault({}),
});

export { auth };

/** What a route says to the guards. */
export const routeFields = {
  auth: routeAuth.optional(),
  limit: limit.optional(),
  cors: cors.optional(),
  ip: ip.optional(),
  maxBody: maxBody.optional(),
};

export type EdgeConfig = Infer<typeof edge>;
const routeShape = shape(routeFields);
export type RouteEdgeConfig = Infer<typeof routeShape>;
