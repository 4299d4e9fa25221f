import { BlockList, isIP } from 'node:net';

/**
 * Whether an address is one of these: addresses, CIDRs or `loopback`, as checked at load. What is no address is in
 * none of them; IPv4-mapped IPv6 counts as the IPv4 address.
 */
export function toAddressList(entries: readonly string[]): (address: string) => boolean {
  if (entries.length === 0) return () => false;
  const list = new BlockList();
  for (const entry of entries) {
    if (entry === 'loopback') {
      list.addSubnet('127.0.0.0', 8, 'ipv4');
      list.addAddress('::1', 'ipv6');
      continue;
    }
    const [address = '', bits] = entry.split('/');
    const family = familyOf(isIP(address));
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return address => {
    const version = isIP(address);
    return version !== 0 && list.check(address, familyOf(version));
  };
}

const familyOf = (version: number): 'ipv4' | 'ipv6' => (version === 6 ? 'ipv6' : 'ipv4');
