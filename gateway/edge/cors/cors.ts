import { Refusal } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { isToken, toListMembers } from '../../core/headers.ts';
import { type Guard, type GuardFacts, type GuardMaker, Reply } from '../guard.ts';
import { stageMode } from '../mode.ts';
import { compileOrigins } from './origins.ts';
import type { CorsConfig } from './schema.ts';

const settingsOf = ({ route, edge }: GuardFacts): CorsConfig | undefined =>
  route === undefined ? undefined : (route.cors ?? edge.cors);

const modeOf: GuardMaker['modeOf'] = facts => {
  const settings = settingsOf(facts);
  return settings === undefined ? undefined : (settings.mode ?? stageMode(facts));
};

/** Whether the gateway says the CORS fields of a route's answers, and the upstream's are dropped. */
export const ownsCors = (facts: GuardFacts): boolean => modeOf(facts) === 'enforce';

/**
 * Answers preflights and says the CORS fields of claimed routes. A preflight that is not allowed gets 204 without the
 * fields that would allow it: to a browser that is the refusal (Fetch §4.8), and what else a server answers it never
 * shows. Nothing but a preflight is refused, since CORS says who may read an answer, not who may come.
 */
export const cors: GuardMaker = {
  name: 'cors',
  modeOf,
  compile(facts) {
    const settings = settingsOf(facts);
    if (settings === undefined) return () => undefined;
    return ownsCors(facts) ? compileEnforcing(settings) : compileObserving(settings);
  },
};

/** A preflight (Fetch §4.8): the method that it asks for. */
function askedMethodOf({ method, req: { headers } }: Exchange): string | undefined {
  const asked = headers['access-control-request-method'];
  return method === 'OPTIONS' && headers.origin !== undefined ? asked : undefined;
}

function compileEnforcing(settings: CorsConfig): Guard['check'] {
  const answer = compileAnswer(settings);
  const preflight = compilePreflight(settings);
  return exchange => {
    // Legacy answers it as it is: what all but matches is not claimed.
    if (exchange.nearMiss !== undefined) return undefined;
    const { origin } = exchange.req.headers;
    const asked = askedMethodOf(exchange);
    if (asked !== undefined && origin !== undefined) return preflight(exchange, origin, asked);
    for (const part of answer(origin)) exchange.answerFields.push(part);
    return undefined;
  };
}

/** Says what the browser would be told otherwise if this enforced. */
function compileObserving(settings: CorsConfig): Guard['check'] {
  const isAllowed = compileOrigins(settings.origins);
  const preflight = compilePreflight(settings);
  return exchange => {
    const { origin, host } = exchange.req.headers;
    if (origin === undefined || isOwn(origin, host)) return undefined;
    const asked = askedMethodOf(exchange);
    if (asked !== undefined) return preflight(exchange, origin, asked).refusal;
    return isAllowed(origin) ? undefined : refusalOf(origin);
  };
}

/** Whether a page of this host asks: then CORS has no say. The scheme in front of the gateway may be another. */
const isOwn = (origin: string, host: string | undefined): boolean =>
  host !== undefined && origin.slice(origin.indexOf('://') + 3).toLowerCase() === host.toLowerCase();

const refusalOf = (origin: string): Refusal =>
  new Refusal('origin-denied', `pages of ${origin.slice(0, 200)} may not read this`);

/** The fields of an answer to a request from `origin`. Made once for each that is allowed, since there are few. */
function compileAnswer(settings: CorsConfig): (origin: string | undefined) => readonly string[] {
  const isAllowed = compileOrigins(settings.origins);
  const { expose = [], credentials } = settings;
  const isOpen = settings.origins.includes('*');
  const always = isOpen ? [] : ['vary', 'Origin'];
  const rest = [
    ...(credentials ? ['access-control-allow-credentials', 'true'] : []),
    ...(expose.length > 0 ? ['access-control-expose-headers', expose.join(', ')] : []),
  ];
  return origin =>
    origin === undefined || !isAllowed(origin)
      ? always
      : ['access-control-allow-origin', isOpen ? '*' : origin, ...rest, ...always];
}

/**
 * The methods and fields that are allowed are those of the settings; where they say none, what is asked for, since the
 * route claims that method.
 */
function compilePreflight(
  settings: CorsConfig,
): (exchange: Exchange, origin: string, asked: string) => Reply {
  const { credentials, maxAge } = settings;
  const isAllowed = compileOrigins(settings.origins);
  const isOpen = settings.origins.includes('*');
  const methods = settings.methods?.map(method => method.toUpperCase());
  const names = settings.headers?.map(name => name.toLowerCase());
  const vary = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'];
  const rest = [
    ...(credentials ? ['access-control-allow-credentials', 'true'] : []),
    ...(maxAge === undefined ? [] : ['access-control-max-age', String(Math.floor(maxAge / 1000))]),
    ...vary,
  ];
  const hasMethod = (asked: string) =>
    methods === undefined || methods.includes(asked) || (methods.includes('*') && !credentials);
  const hasNames = (wanted: readonly string[]) =>
    wanted.every(
      name =>
        isToken(name) &&
        (names === undefined ||
          names.includes(name) ||
          (names.includes('*') && name !== 'authorization' && !credentials)),
    );

  return (exchange, origin, asked) => {
    const wanted = toListMembers(exchange.req.headers['access-control-request-headers']?.toString() ?? '');
    if (!isAllowed(origin) || !isToken(asked) || !hasMethod(asked) || !hasNames(wanted))
      return new Reply(204, vary, refusalOf(origin));
    return new Reply(204, [
      ...['access-control-allow-origin', isOpen ? '*' : origin],
      ...['access-control-allow-methods', methods?.join(', ') ?? asked],
      ...(names !== undefined
        ? ['access-control-allow-headers', names.join(', ')]
        : wanted.length > 0
          ? ['access-control-allow-headers', wanted.join(', ')]
          : []),
      ...rest,
    ]);
  };
}
