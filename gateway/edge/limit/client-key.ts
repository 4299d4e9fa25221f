import { hash } from 'node:crypto';
import type { Exchange } from '../../core/exchange.ts';

/** Longest key that is kept as it is; a longer one is kept as its hash. */
const longest = 64;

/** Says whose request it is, as a key of counters. */
export type KeyOf = (exchange: Exchange) => string;

/**
 * By `client` (the user, else the key, else the address), `user`, `key`, `ip` or `header:NAME`. Who lacks what is asked
 * for counts by the address: leaving a credential or a field away opens nothing. A header's value may be a secret, so
 * only its hash is kept.
 *
 * @param networkOf gives one client by its address. Addresses are keys as they are: no other key looks like one.
 */
export function toKeyOf(by: string, networkOf: (address: string) => string): KeyOf {
  const ofAddress: KeyOf = exchange => networkOf(exchange.client.address);
  switch (by) {
    case 'client':
      return exchange => {
        const { user, key } = exchange.identity;
        if (user !== undefined) return tagged('user', user);
        return key === undefined ? ofAddress(exchange) : tagged('key', key);
      };
    case 'user':
    case 'key':
      return exchange => {
        const value = exchange.identity[by];
        return value === undefined ? ofAddress(exchange) : tagged(by, value);
      };
    case 'ip':
      return ofAddress;
    default:
      return ofHeader(by.slice('header:'.length).toLowerCase(), ofAddress);
  }
}

const ofHeader =
  (name: string, otherwise: KeyOf): KeyOf =>
  exchange => {
    const value = exchange.req.headers[name];
    return value === undefined ? otherwise(exchange) : `header=${digest(String(value))}`;
  };

const tagged = (tag: string, value: string): string =>
  value.length > longest ? `${tag}#${digest(value)}` : `${tag}=${value}`;

const digest = (text: string): string => hash('sha256', text, 'base64url');
