import { parseTimestamp } from './timestamp.ts';

/** One Set-Cookie value (RFC 6265 §5.2), read as a browser would. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** Lower-case names, sorted; Expires as milliseconds where it is a date, Domain without its dot. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

/** Only semicolons part attributes: the comma in `Expires=Wed, 21 Oct 2026 07:28:00 GMT` is none of a list. */
export function parseSetCookie(field: string): SetCookie {
  const [pair = '', ...rest] = field.split(';');
  const equals = pair.indexOf('=');
  const attributes = new Map<string, string>();
  for (const part of rest) {
    const [name = '', ...value] = part.split('=');
    const key = name.trim().toLowerCase();
    // The last of one name counts (RFC 6265 §5.3).
    if (key !== '') attributes.set(key, toAttribute(key, value.join('=').trim()));
  }
  return {
    name: equals < 0 ? '' : pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    attributes: [...attributes].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

function toAttribute(name: string, value: string): string {
  if (name === 'expires') {
    const at = parseTimestamp(value);
    return at === undefined ? value : new Date(at).toISOString();
  }
  if (name === 'domain') return value.replace(/^\./, '').toLowerCase();
  return name === 'samesite' || name === 'priority' ? value.toLowerCase() : value;
}

/** As it may be shown: the value is a credential. */
export const toShownCookie = ({ name, attributes }: SetCookie): string =>
  [`${name}=***`, ...attributes.map(([key, value]) => (value === '' ? key : `${key}=${value}`))].join('; ');
