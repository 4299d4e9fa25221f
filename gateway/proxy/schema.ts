import {
  duration,
  either,
  exactly,
  flag,
  type Infer,
  integer,
  list,
  oneOf,
  origin,
  secret,
  shape,
  share,
  text,
} from '../config/define.ts';

export const breaker = shape({
  errors: share().default(50),
  window: duration().default(10_000),
  minimum: integer(1, 1_000_000).default(20),
  pause: duration().default(5000),
});

export const upstream = shape({
  url: origin().optional(),
  urls: list(origin()).min(1).optional(),
  /** To the response head, all attempts together; default 10 s, the monolith 60 s. */
  timeout: duration().optional(),
  /** Longest silence inside a body; never for event streams and upgrades. */
  idle: duration().default(60_000),
  /** The defaults, `off`, or settings; the monolith has none unless it says so. */
  breaker: either([exactly('off'), breaker]).optional(),
  retry: shape({
    attempts: integer(1, 10).default(2),
    budget: share().default(20),
  }).optional(),
  concurrency: integer(1, 100_000).optional(),
  health: text('a path').optional(),
  /** `service`: its own Host; `client`: as it came. */
  host: oneOf(['service', 'client']).optional(),
  tls: shape({
    ca: text('a file').optional(),
    cert: text('a file').optional(),
    key: text('a file').optional(),
  }).optional(),
  cookies: list(text('a cookie name')).default([]),
  credentials: shape({
    tokenUrl: text('an address'),
    clientId: text('a client id'),
    clientSecret: secret(),
    scope: text('a scope').optional(),
  }).optional(),
});

const when = oneOf(['off', 'safe', 'unreached']);

export const routeFields = {
  fallback: either([
    when,
    shape({ when, status: list(integer(400, 599)).default([]), stale: flag().default(false) }),
  ]).optional(),
};

export const listen = shape({
  gateway: text('host:port').default('127.0.0.1:8080'),
  idle: duration().default(75_000),
  tls: shape({ cert: text('a file'), key: text('a file'), clientCa: text('a file').optional() }).optional(),
});

export const drain = shape({ delay: duration().default(0), timeout: duration().default(30_000) });

export type UpstreamConfig = Infer<typeof upstream>;
export type BreakerConfig = Infer<typeof breaker>;
export type ListenConfig = Infer<typeof listen>;
const routeShape = shape(routeFields);
export type RouteProxyConfig = Infer<typeof routeShape>;
