import type { Exchange } from '../core/exchange.ts';
import { fieldValue } from '../core/headers.ts';
import type { Rewrite } from './rewrite.ts';

/** Where an answer came from and where the client believes it came from; what names the one is made to name the other. */
export interface Address {
  /** Origin of the instance that answered: `http://127.0.0.1:4103`. */
  readonly upstream: string;
  /** Origin that the client used; empty if it is not known. */
  readonly client: string;
  readonly rewrite: Rewrite | undefined;
}

/** The origin that the client used, as far as it told: by Host, or by a trusted proxy's X-Forwarded-Host. */
export function clientOrigin(exchange: Exchange): string {
  const raw = exchange.req.rawHeaders;
  const forwarded = exchange.client.trusted ? fieldValue(raw, 'x-forwarded-host') : undefined;
  const host = (forwarded ?? fieldValue(raw, 'host') ?? '').split(',', 1)[0]?.trim() ?? '';
  return host === '' ? '' : `${exchange.client.proto}://${host}`;
}

/** A Location or Content-Location value as the client is to see it. */
export function mapReference(value: string, address: Address): string {
  const own = afterOrigin(value, address.upstream);
  if (own !== undefined) return address.client + mapPath(own, address.rewrite);
  if (value.startsWith('/') && !value.startsWith('//')) return mapPath(value, address.rewrite);
  return value;
}

/** A Link value (RFC 8288): every `<target>` in it as `mapReference` has it. */
export const mapLink = (value: string, address: Address): string =>
  value.replace(/<([^>]*)>/g, (_, target: string) => `<${mapReference(target, address)}>`);

/** A Set-Cookie value: an upstream's own name in Domain becomes the client's, a path under a rewrite is mapped back. */
export function mapCookie(value: string, address: Address): string {
  if (!/;[ \t]*(?:domain|path)[ \t]*=/i.test(value)) return value;
  return value.replace(
    /(;[ \t]*)(domain|path)([ \t]*=[ \t]*)([^;]*)/gi,
    (whole: string, before: string, name: string, equals: string, given: string) => {
      const to = name.toLowerCase() === 'path' ? mapPath(given, address.rewrite) : mapDomain(given, address);
      return to === given ? whole : `${before}${name}${equals}${to}`;
    },
  );
}

function mapDomain(domain: string, { upstream, client }: Address): string {
  const bare = domain.trim().replace(/^\./, '').toLowerCase();
  return client !== '' && bare === hostnameOf(upstream) ? hostnameOf(client) : domain;
}

const hostnameOf = (origin: string): string =>
  origin
    .slice(origin.indexOf('//') + 2)
    .replace(/:\d*$/, '')
    .toLowerCase();

/** What follows the origin in an absolute reference, from the slash on; undefined if the origin is another. */
function afterOrigin(value: string, origin: string): string | undefined {
  if (value.length < origin.length || value.slice(0, origin.length).toLowerCase() !== origin)
    return undefined;
  const rest = value.slice(origin.length);
  return rest === '' || /^[/?#]/.test(rest) ? rest : undefined;
}

function mapPath(reference: string, rewrite: Rewrite | undefined): string {
  if (rewrite === undefined) return reference;
  const end = reference.search(/[?#]/);
  const path = end < 0 ? reference : reference.slice(0, end);
  const back = rewrite.back(path);
  return back === undefined ? reference : back + reference.slice(path.length);
}
