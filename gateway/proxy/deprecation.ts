import type { RouteRules } from '../routing/schema.ts';

/** `Deprecation` (RFC 9745 §2: `@epoch`), `Sunset` (RFC 8594 §3) and `Link` for a route that is going away, as raw pairs. */
export function deprecationFields(written: NonNullable<RouteRules['deprecation']>): readonly string[] {
  const fields = ['Deprecation', `@${Math.floor(Date.parse(written.since) / 1000)}`];
  if (written.sunset !== undefined) fields.push('Sunset', new Date(written.sunset).toUTCString());
  if (written.link !== undefined) fields.push('Link', `<${toUri(written.link)}>; rel="deprecation"`);
  return fields;
}

/** A field is ASCII: what else an address may be made of is escaped (RFC 3987 §3.1). */
const toUri = (address: string): string => address.replaceAll(/[^!-~]/gu, encodeURIComponent);
