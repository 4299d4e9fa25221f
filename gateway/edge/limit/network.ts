import { toNetwork } from './limiter.ts';

/** IPv6 addresses that are remembered. */
const bound = 10_000;

/** One client by its address, remembered: working it out costs more than counting. IPv4 costs nothing. */
export function createNetworks(): (address: string) => string {
  let known = new Map<string, string>();
  return address => {
    if (!address.includes(':')) return address;
    const found = known.get(address);
    if (found !== undefined) return found;
    if (known.size >= bound) known = new Map();
    const network = toNetwork(address);
    known.set(address, network);
    return network;
  };
}
