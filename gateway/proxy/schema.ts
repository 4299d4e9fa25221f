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
  textOfFile,
} from '../config/define.ts';
import { tlsTo } from '../config/tls.ts';

export const breaker = shape({
  errors: share().prefault('50%').describe('Share of failed attempts within the window that opens it'),
  window: duration().prefault('10s').describe('Over how long attempts are counted'),
  minimum: integer(1, 1_000_000)
    .default(20)
    .describe('Attempts within the window below which it never opens'),
  pause: duration().prefault('5s').describe('How long it stays open before a probe is let through'),
});

export const credentials = shape({
  tokenUrl: text('an address').describe('Where tokens are fetched: https, or on loopback http'),
  clientId: text('a client id').describe('Who the gateway is there'),
  clientSecret: secret().describe('Its secret: `${NAME}` or `{ file }`'),
  scope: text('a scope').optional().describe('What it asks for'),
  tls: tlsTo().optional().describe('How to speak TLS to that address'),
});

export const upstream = shape({
  url: origin().optional().describe('Its address: scheme, host and port; exactly one of `url` and `urls`'),
  urls: list(origin()).min(1).optional().describe('Addresses of several instances'),
  timeout: duration()
    .optional()
    .describe('To the response head, all attempts together; default 10s, the monolith 60s'),
  idle: duration()
    .prefault('60s')
    .describe('Longest silence inside a body; never for event streams and upgrades'),
  breaker: either([exactly('off'), breaker])
    .optional()
    .describe(
      'Gives the upstream a rest when it fails; `off`, or settings. The monolith has none unless it says so',
    ),
  retry: shape({
    attempts: integer(1, 10).default(2).describe('Attempts in total, the first one included'),
    budget: share()
      .prefault('20%')
      .describe('Retries as a share of requests; never forbids the first 3 retries in 10 s'),
  })
    .optional()
    .describe('Repeats idempotent requests; none without it'),
  concurrency: integer(1, 100_000)
    .optional()
    .describe('Requests in flight at once; beyond it a short queue, then 503'),
  health: text('a path').optional().describe('Path of an active probe; the last instance is never taken out'),
  host: oneOf(['service', 'client'])
    .optional()
    .describe('`service`: its own Host; `client`: as it came. Default `service`, the monolith `client`'),
  tls: tlsTo().optional().describe('How to speak TLS to it'),
  cookies: list(text('a cookie name'))
    .default([])
    .describe('Which cookies this service gets; none by default'),
  credentials: credentials
    .optional()
    .describe('OAuth 2 client credentials: the gateway fetches a token for this upstream'),
});

const when = oneOf(['off', 'safe', 'unreached']);

export const routeFields = {
  fallback: either([
    when,
    shape({
      when: when.describe('Which requests may fall back'),
      status: list(integer(400, 599))
        .default([])
        .describe('Answers of the service that count as failures besides 502, 503, 504'),
      stale: flag()
        .default(false)
        .describe('With `data: service`: safe methods may be answered from the stale copy'),
    }),
  ])
    .optional()
    .describe(
      'When legacy answers instead of a failed service: `safe` (GET, HEAD, OPTIONS), `unreached` (those, and what certainly never arrived), `off`. Default `safe` in canary, `off` in migrated',
    ),
};

export const listen = shape({
  gateway: text('host:port')
    .default('127.0.0.1:8080')
    .describe('Address of the public port; `FIGWAY_LISTEN` overrides it. Quote an IPv6 address'),
  idle: duration().prefault('75s').describe('Keep-alive to clients; above that of the balancer in front'),
  tls: shape({
    cert: textOfFile().describe('File of the certificate with its chain, in PEM'),
    key: textOfFile().describe('File of its key, in PEM'),
    clientCa: textOfFile()
      .optional()
      .describe('File of the authorities that may sign client certificates, in PEM; makes those mandatory'),
  })
    .optional()
    .describe('TLS 1.2 or later on the public port; renewed files count without a restart'),
});

export const drain = shape({
  delay: duration().prefault('0s').describe('Between /readyz 503 and the end of new connections'),
  timeout: duration().prefault('30s').describe('How long requests in flight get'),
});

export type UpstreamConfig = Infer<typeof upstream>;
export type CredentialsConfig = Infer<typeof credentials>;
export type BreakerConfig = Infer<typeof breaker>;
export type ListenConfig = Infer<typeof listen>;
const routeShape = shape(routeFields);
export type RouteProxyConfig = Infer<typeof routeShape>;
