import { describe, expect, it } from 'vitest';
import { anonymous, type Exchange, type Identity } from '../../../gateway/core/exchange.ts';
import { toKeyOf } from '../../../gateway/edge/limit/client-key.ts';
import { createNetworks } from '../../../gateway/edge/limit/network.ts';

const networkOf = createNetworks();

const keyOf = (
  by: string,
  {
    address = '192.0.2.1',
    headers = {},
    ...identity
  }: Partial<Identity> & {
    address?: string;
    headers?: Record<string, string>;
  } = {},
): string => {
  const exchange = { client: { address }, req: { headers }, identity: { ...anonymous, ...identity } };
  return toKeyOf(by, networkOf)(exchange as unknown as Exchange);
};

describe('the key of a client', () => {
  it('is the user, else the key, else the address', () => {
    expect(keyOf('client', { user: 'alice', key: 'partner' })).toBe('user=alice');
    expect(keyOf('client', { key: 'partner' })).toBe('key=partner');
    expect(keyOf('client')).toBe('192.0.2.1');
  });

  it('is the address for who has no user, key or field of that name', () => {
    for (const by of ['user', 'key', 'ip', 'header:x-tenant']) expect(keyOf(by)).toBe('192.0.2.1');
  });

  it('is by user or key alone where the rule says so', () => {
    expect(keyOf('user', { user: 'alice', key: 'partner' })).toBe('user=alice');
    expect(keyOf('key', { user: 'alice', key: 'partner' })).toBe('key=partner');
    expect(keyOf('ip', { user: 'alice' })).toBe('192.0.2.1');
  });

  it('is not the same for a user, a key and an address of one name', () => {
    const keys = [
      keyOf('client', { user: 'x' }),
      keyOf('client', { key: 'x' }),
      keyOf('header:h', { headers: { h: 'x' } }),
    ];
    expect(new Set(keys).size).toBe(3);
  });

  it('holds no header value, only its hash', () => {
    const key = keyOf('header:X-Tenant', { headers: { 'x-tenant': 'secret' } });
    expect(key).toMatch(/^header=[\w-]{43}$/);
    expect(key).not.toBe(keyOf('header:x-tenant', { headers: { 'x-tenant': 'other' } }));
  });

  it('has a bound, however long a name is', () => {
    expect(keyOf('user', { user: 'a'.repeat(5000) }).length).toBeLessThan(60);
    expect(keyOf('user', { user: 'a'.repeat(5000) })).not.toBe(keyOf('user', { user: 'a'.repeat(5001) }));
  });
});

describe('a client by its address', () => {
  it('is a /56 of IPv6, and one address of IPv4', () => {
    expect(networkOf('2001:db8:1:2ff::1')).toBe(networkOf('2001:db8:1:201:ffff::2'));
    expect(networkOf('2001:db8:1:2ff::1')).not.toBe(networkOf('2001:db8:1:300::1'));
    expect(networkOf('192.0.2.1')).not.toBe(networkOf('192.0.2.2'));
  });

  it('is the IPv4 address where that is mapped into IPv6', () => {
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });
});
