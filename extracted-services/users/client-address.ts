import { BlockList, isIP } from 'node:net';
import type { Call } from '../chassis/endpoint.ts';

/** Says where a call came from: the peer, or what a peer that is trusted says, which is the gateway. */
export type ClientAddress = (call: Pick<Call, 'headers' | 'peer'>) => string;

/** @param trust addresses and CIDRs of proxies whose `X-Forwarded-For` is believed; throws for what is neither. */
export function createClientAddress(trust: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const entry of trust) {
    const [address = '', prefix, ...rest] = entry.split('/');
    const version = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    const isFine = /^\d{1,3}$/.test(prefix ?? '0') && (bits ?? 0) <= (version === 4 ? 32 : 128);
    if (version === 0 || rest.length > 0 || !isFine) {
      throw new Error(`USERS_TRUST: expected addresses and CIDRs, got ${entry.slice(0, 60)}`);
    }
    const family = version === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, bits, family);
  }
  return ({ headers, peer }) => {
    if (!trusted.check(peer, isIP(peer) === 6 ? 'ipv6' : 'ipv4')) return peer;
    // The last one is what the trusted proxy saw itself; those before it are the client's word.
    const last = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim();
    return last !== undefined && isIP(last) !== 0 ? last : peer;
  };
}
