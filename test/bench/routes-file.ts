/** The routes.yaml files that the gateway is measured with. */
import { createHmac } from 'node:crypto';

export interface Ports {
  readonly gateway: number;
  readonly admin: number;
  readonly legacy: number;
  readonly service: number;
  /** The gateway's store. */
  readonly store: string;
}

const common = (ports: Ports): string => `listen: { gateway: "127.0.0.1:${ports.gateway}" }
admin: { listen: "127.0.0.1:${ports.admin}" }
monolith: legacy
store: { path: ${JSON.stringify(ports.store)} }
upstreams:
  legacy: { url: "http://127.0.0.1:${ports.legacy}" }
  service: { url: "http://127.0.0.1:${ports.service}" }
`;

const itemsRoute = `routes:
  items:
    match: [ "GET /items/:id" ]
    service: service
    stage: migrated
`;

/** Day one: no route, all goes to legacy. */
export const unclaimed = common;

/** One migrated route, no guard but those that are always on. */
export const claimed = (ports: Ports): string => common(ports) + itemsRoute;

const issuer = 'https://id.bench.example/';
const secret = 'a secret of the benchmark, long enough for HS256';

/** Everything on: token, scope, limit, breaker, histogram, request id, access record. */
export const fullEdge = (ports: Ports): string => `${common(ports)}auth:
  jwt: { issuer: "${issuer}", audience: bench, secret: "${secret}", algorithms: [ HS256 ] }
edge: { limit: 1000000000/1m }
${itemsRoute}    auth: { scopes: [ "items:read" ] }
`;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token that `fullEdge` takes, good for a day. */
export function token(now: number): string {
  const iat = Math.floor(now / 1000);
  const claims = { iss: issuer, aud: 'bench', sub: 'bench', scope: 'items:read', iat, exp: iat + 86_400 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const routePath = (index: number): string => `/area-${Math.floor(index / 100)}/things-${index % 100}`;

/** `count` migrated routes, a hundred in an area. */
export function manyRoutes(ports: Ports, count: number): string {
  const routes = Array.from(
    { length: count },
    (_, index) => `  route-${index}:
    match: [ "GET ${routePath(index)}/:id" ]
    service: service
    stage: migrated
`,
  );
  return `${common(ports)}routes:\n${routes.join('')}`;
}

/** `manyRoutes`, and a route `/marker` that `side` serves, so that a client can see which table runs. */
export const markedRoutes = (ports: Ports, count: number, side: 'legacy' | 'service'): string =>
  `${manyRoutes(ports, count)}  marker:
    match: [ "GET /marker" ]
    service: service
    stage: ${side === 'service' ? 'migrated' : 'legacy'}
`;

/** A thousand paths, spread evenly over the routes of `manyRoutes`. */
export const pathsOver = (count: number): string[] =>
  Array.from({ length: 1000 }, (_, i) => `${routePath(Math.floor((i * count) / 1000))}/${i}`);

/** Bodies of any size both ways. */
export const bigBodies = (ports: Ports): string => `${common(ports)}edge: { maxBody: 2GiB }
routes:
  bodies:
    match: [ "/bodies/*" ]
    service: service
    stage: migrated
    data: synced
`;

/** One route of which `percent` of the requests are copied and compared; at 0 it is in stage legacy. */
export const shadowed = (ports: Ports, percent: number): string => `${common(ports)}routes:
  items:
    match: [ "GET /items/:id" ]
    service: service
    stage: ${percent === 0 ? 'legacy' : 'shadow'}
    compare: { sample: ${percent}%, concurrency: 10000 }
`;
