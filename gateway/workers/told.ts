import type { Ended } from '../compare/recorder.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { EventOf, GatewayEvent } from '../core/events.ts';
import type { Exchange, RouteFacts } from '../core/exchange.ts';
import type { Because, GuardMode, GuardName, Side, Stage } from '../core/vocabulary.ts';

/** A route by its name, and its stage when the request came: a reload may have moved it since. */
export type ToldRoute = readonly [name: string, stage: Stage];

/** What listeners of another process ask of an exchange. A list, since there is one for each request. */
export type ToldExchange = readonly [
  route: ToldRoute,
  nearMiss: ToldRoute | null,
  method: string,
  status: number,
  served: Side | null,
  because: Because,
  serve: Side,
  fallback: string | null,
  refusal: ErrorCode | null,
  who: ToldRequest | null,
];

/** What is told besides where somebody asks: of unclaimed traffic, of what a tripwire watches, of refusals. */
export type ToldRequest = readonly [
  id: string,
  target: string,
  isOdd: boolean,
  address: string,
  peer: string,
  user: string | null,
  key: string | null,
  entry: number,
  setsCookie: boolean,
];

/** Events that are told as they are: plain data, without an exchange or a route. */
export const plainEvents = [
  'token-failed',
  'token-restored',
  'retried',
  'breaker-opened',
  'breaker-half-opened',
  'breaker-closed',
  'instance-ejected',
  'instance-restored',
  'limits-degraded',
  'limits-restored',
  'keys-failed',
  'keys-restored',
  'compare-worker-lost',
  'untrusted-forwarded',
] as const satisfies readonly GatewayEvent['type'][];

/** Of one guard of one route: by how much the counts of an observing guard have grown. */
export interface ToldObserved {
  readonly route: string;
  readonly guard: GuardName;
  readonly counts: readonly number[];
  readonly codes: readonly (readonly [ErrorCode, number])[];
  readonly callers: readonly (readonly [string, number])[];
}

/** One thing that a worker has seen. As JSON, which for so many small lists is quicker than structured cloning. */
export type Item =
  | readonly ['x', ms: number, ToldExchange]
  | readonly [
      'refused',
      ToldRoute,
      guard: EventOf<'refused'>['guard'],
      ErrorCode,
      GuardMode,
      ToldExchange | null,
    ]
  | readonly ['answered', upstream: string, status: number, ms: number]
  | readonly ['near-missed', ToldRoute]
  | readonly ['fell-back', ToldRoute, reason: string]
  | readonly ['crashed', stack: string]
  | readonly ['event', EventOf<(typeof plainEvents)[number]>]
  | readonly ['ended', Ended]
  | readonly ['observed', ToldObserved];

export const toToldRoute = ({ name, stage }: RouteFacts): ToldRoute => [name, stage];

export const toToldExchange = (exchange: Exchange, isWhole: boolean): ToldExchange => [
  toToldRoute(exchange.route),
  exchange.nearMiss === undefined ? null : toToldRoute(exchange.nearMiss),
  exchange.method,
  exchange.status,
  exchange.served ?? null,
  exchange.because,
  exchange.decision.serve,
  exchange.fallback ?? null,
  exchange.refusal ?? null,
  isWhole ? toToldRequest(exchange) : null,
];

const toToldRequest = ({ id, target, client, identity, entry, setsCookie }: Exchange): ToldRequest => [
  id,
  target.raw,
  target.isOdd,
  client.address,
  client.peer,
  identity.user ?? null,
  identity.key ?? null,
  entry,
  setsCookie,
];

/** Milliseconds to the microsecond: more digits only make the way longer. */
export const toMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000;
