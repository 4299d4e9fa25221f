import { Refusal } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { toListMembers } from '../../core/headers.ts';
import { isSafe } from '../../core/vocabulary.ts';
import { compileOrigins } from '../cors/origins.ts';

/** Undefined lets a request that a session cookie identified pass. */
export type OriginRule = (exchange: Exchange) => Refusal | undefined;

/**
 * A cookie is ambient: a browser sends it along with what any page asks for. So what is identified by a session cookie
 * and may change something (an unsafe method, an overridden one, an upgrade) must come from a page of ours.
 *
 * @param origins those that may besides the gateway's own: `origins` of the route's `cors`. `*` and `null` are nobody's,
 * and do not count here.
 */
export function compileOriginRule(origins: readonly string[] = []): OriginRule {
  const isAllowed = compileOrigins(origins.filter(origin => origin !== '*' && origin !== 'null'));
  return exchange =>
    mayChange(exchange) && !isOwnOrigin(exchange, isAllowed)
      ? new Refusal(
          'origin-denied',
          'a change by session cookie has to come from a page of an allowed origin',
        )
      : undefined;
}

const mayChange = ({ method, isOverridden, isUpgrade }: Exchange): boolean =>
  isUpgrade || isOverridden || !isSafe(method);

/**
 * Whether a page of ours sent it, by what no page can say in a browser's place. `Sec-Fetch-Site` comes first: a browser
 * knows the origin that it asks even where a proxy in front has changed Host or scheme.
 */
export function isOwnOrigin(exchange: Exchange, isAllowed: (origin: string) => boolean): boolean {
  const { origin, 'sec-fetch-site': site } = exchange.req.headers;
  if (site === 'same-origin' || site === 'none') return true;
  if (origin === undefined) return false;
  return isAllowed(origin) || (site === undefined && origin.toLowerCase() === ownOrigin(exchange));
}

/** The origin (RFC 6454 §6.2) at which the client sees the gateway. */
function ownOrigin({ req, client }: Exchange): string {
  const forwarded = client.trusted ? req.headers['x-forwarded-host'] : undefined;
  const [host = ''] = toListMembers(String(forwarded ?? req.headers.host ?? ''));
  return `${client.proto}://${host.replace(client.proto === 'https' ? /:443$/ : /:80$/, '')}`;
}
