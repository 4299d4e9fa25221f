import { hash } from 'node:crypto';
import { cookieValue } from './cookie.ts';
import type { Asker, Cohort, KeySource, Pin } from './route.ts';

export const buckets = 10_000;

/** SHA-256 of `<cohort>\0<key>`, its first 4 bytes big-endian, modulo 10,000: the same on every node. */
export const bucketOf = (cohort: string, key: string): number =>
  Number.parseInt(hash('sha256', `${cohort}\0${key}`, 'hex').slice(0, 8), 16) % buckets;

/** The client's key under a list of sources: the first that is there and not empty, the address if none is. */
export function keyOf(by: readonly KeySource[], asker: Asker): string {
  for (const source of by) {
    const value = read(source.kind, 'name' in source ? source.name : '', asker);
    if (value !== undefined && value !== '') return value;
  }
  return asker.address;
}

/** The pin that decides for this client; legacy's win, since they are the way out. */
export function pinOf(cohort: Cohort, asker: Asker): { side: 'legacy' | 'service'; pin: Pin } | undefined {
  for (const pin of cohort.pins.legacy) if (isPinned(pin, asker)) return { side: 'legacy', pin };
  for (const pin of cohort.pins.service) if (isPinned(pin, asker)) return { side: 'service', pin };
  return undefined;
}

const isPinned = (pin: Pin, asker: Asker): boolean =>
  pin.kind === 'role'
    ? asker.identity.roles.includes(pin.value)
    : read(pin.kind, pin.name, asker) === pin.value;

function read(kind: KeySource['kind'], name: string, asker: Asker): string | undefined {
  switch (kind) {
    case 'user':
      return asker.identity.user;
    case 'ip':
      return asker.address;
    case 'cookie':
      return cookieValue(asker.headers.cookie, name);
    case 'header': {
      const value = asker.headers[name];
      return Array.isArray(value) ? value[0] : value;
    }
  }
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** `user`, `ip`, `cookie:NAME` or `header:NAME`; undefined for anything else. */
export function parseKeySource(text: string): KeySource | undefined {
  if (text === 'user' || text === 'ip') return { kind: text };
  const [kind, name = ''] = cut(text, ':');
  if (!token.test(name)) return undefined;
  if (kind === 'cookie') return { kind, name };
  return kind === 'header' ? { kind, name: name.toLowerCase() } : undefined;
}

/** `user:qa-1`, `role:staff`, `ip:203.0.113.7`, `cookie:beta=1`, `header:x-preview=1`; undefined for anything else. */
export function parsePin(text: string): Pin | undefined {
  const [kind, rest = ''] = cut(text, ':');
  if (rest === '') return undefined;
  if (kind === 'user' || kind === 'role' || kind === 'ip') return { text, kind, name: '', value: rest };
  const [name, value] = cut(rest, '=');
  if (value === undefined || !token.test(name)) return undefined;
  if (kind === 'cookie') return { text, kind, name, value };
  return kind === 'header' ? { text, kind, name: name.toLowerCase(), value } : undefined;
}

function cut(text: string, at: string): [string, string | undefined] {
  const found = text.indexOf(at);
  return found === -1 ? [text, undefined] : [text.slice(0, found), text.slice(found + 1)];
}
