import { type Infer, shape } from '../config/define.ts';
import { auth, routeAuth, unclaimedAuth } from './auth/schema.ts';
import { maxBody } from './body/schema.ts';
import { cors } from './cors/schema.ts';
import { ip } from './ip/schema.ts';
import { bruteForce, limit, total } from './limit/schema.ts';

/** Defaults for claimed routes; `unclaimed` has its own. */
export const edge = shape({
  limit: limit
    .optional()
    .describe(
      'How many requests a client may send to a route, such as `600/1m`; each route counts for itself, and can say its own',
    ),
  bruteForce: bruteForce
    .prefault('300/1m')
    .describe('Failed credentials an address; beyond, only failing ones get 429; `off` lets them all try'),
  cors: cors.optional().describe('Preflights and CORS fields of claimed routes'),
  total: total
    .optional()
    .describe('Requests of all clients together, unclaimed ones too; it enforces in every stage'),
  ip: ip.optional().describe('Which addresses and countries may come'),
  maxBody: maxBody.prefault('100MiB').describe('Largest request body of a claimed route'),
  unclaimed: shape({
    auth: unclaimedAuth.default('pass').describe('`pass`: legacy decides'),
    limit: limit.optional().describe('As `edge.limit`; off by default'),
    ip: ip.optional().describe('As `edge.ip`; off by default'),
    maxBody: maxBody.optional().describe('As `edge.maxBody`; off by default'),
  })
    .prefault({})
    .describe('The same for traffic that no route matches'),
});

export { auth };

/** What a route says to the guards. */
export const routeFields = {
  auth: routeAuth.optional().describe('Who may come: `public`, `required`, or scopes and roles'),
  limit: limit.optional().describe('Instead of `edge.limit`'),
  cors: cors.optional().describe('Instead of `edge.cors`'),
  ip: ip.optional().describe('Instead of `edge.ip`'),
  maxBody: maxBody.optional().describe('Instead of `edge.maxBody`'),
};

export type EdgeConfig = Infer<typeof edge>;
const routeShape = shape(routeFields);
export type RouteEdgeConfig = Infer<typeof routeShape>;

const routeNames = Object.keys(routeFields) as readonly (keyof RouteEdgeConfig)[];

/** Of all that a route says what it says to the guards. */
export const pickRouteEdge = (route: RouteEdgeConfig): readonly unknown[] =>
  routeNames.map(name => route[name]);
