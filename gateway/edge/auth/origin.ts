import { Refusal } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { toListMembers } from '../../core/headers.ts';
import { isSafe } from '../../core/vocabulary.ts';

/**
 * A cookie is ambient: a browser sends it along with what any page asks for. So what is identified by a session cookie
 * and may change something (an unsafe method, an overridden one, an upgrade) must say that it comes from a page of
 * ours. Undefined lets it pass.
 *
 * @param allowed origins besides the gateway's own: `origins` of the route's `cors`.
 */
export const refuseForeignOrigin = (exchange: Exchange, allowed: readonly string[]): Refusal | undefined =>
  mayChange(exchange) && !isOwnOrigin(exchange, allowed)
    ? new Refusal(
        'origin-denied',
        'a request by session cookie needs an Origin that is allowed, or Sec-Fetch-Site: same-origin',
      )
    : undefined;

const mayChange = ({ method, isOverridden, isUpgrade }: Exchange): boolean =>
  isUpgrade || isOverridden || !isSafe(method);

/**
 * Whether a page of ours sent it, by what browsers alone can say. `Sec-Fetch-Site` comes first, since a browser knows
 * its own origin even where a proxy in front has changed Host or scheme.
 */
export function isOwnOrigin(exchange: Exchange, allowed: readonly string[]): boolean {
  const { origin, 'sec-fetch-site': site } = exchange.req.headers;
  if (site === 'same-origin' || site === 'none') return true;
  if (origin === undefined || origin === 'null') return false;
  if (allowed.includes(origin)) return true;
  return site === undefined && origin.toLowerCase() === ownOrigin(exchange);
}

/** The origin (RFC 6454 §6.2) at which the client sees the gateway. */
function ownOrigin({ req, client }: Exchange): string {
  const forwarded = client.trusted ? req.headers['x-forwarded-host'] : undefined;
  const host = toListMembers(String(forwarded ?? req.headers.host ?? ''))[0] ?? '';
  const port = client.proto === 'https' ? /:443$/ : /:80$/;
  return `${client.proto}://${host.replace(port, '')}`;
}
