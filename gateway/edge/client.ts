import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Client } from '../core/exchange.ts';
import { toAddressList } from './addresses.ts';

/** Who is on the other end of a connection, by the snapshot's `trust:`. */
export interface Clients {
  identify(req: IncomingMessage): Client;
}

/**
 * @param trust addresses, CIDRs or `loopback`, as checked at load.
 * @param onUntrusted hears of a peer that sends X-Forwarded-For without being trusted, once a connection:
 * everybody behind such a proxy counts as one client.
 */
export function createClients(trust: readonly string[], onUntrusted: (peer: string) => void): Clients {
  const isTrusted = toAddressList(trust);
  const peers = new WeakMap<Socket, Client>();
  const warned = new WeakSet<Socket>();

  const peerOf = (socket: Socket): Client => {
    const known = peers.get(socket);
    if (known !== undefined) return known;
    const address = unwrap(socket.remoteAddress ?? '');
    const client: Client = {
      peer: address,
      trusted: isTrusted(address),
      address,
      proto: 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http',
    };
    peers.set(socket, client);
    return client;
  };

  return {
    identify(req) {
      const peer = peerOf(req.socket);
      const forwarded = req.headers['x-forwarded-for'];
      if (!peer.trusted) {
        if (forwarded !== undefined && !warned.has(req.socket)) {
          warned.add(req.socket);
          onUntrusted(peer.peer);
        }
        return peer;
      }
      const proto = lastOf(req.headers['x-forwarded-proto']);
      return {
        peer: peer.peer,
        trusted: true,
        address: forwarded === undefined ? peer.peer : nearestStranger(forwarded, isTrusted, peer.peer),
        proto: proto === 'http' || proto === 'https' ? proto : peer.proto,
      };
    },
  };
}

/** The rightmost address of X-Forwarded-For that is not itself a trusted proxy; what does not parse ends the walk. */
function nearestStranger(
  field: string | string[],
  isTrusted: (address: string) => boolean,
  peer: string,
): string {
  const hops = (typeof field === 'string' ? field : field.join(',')).split(',');
  let nearest = peer;
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = unwrap((hops[i] ?? '').trim());
    if (isIP(hop) === 0) return nearest;
    nearest = hop;
    if (!isTrusted(hop)) return hop;
  }
  return nearest;
}

const lastOf = (field: string | string[] | undefined): string | undefined =>
  (typeof field === 'string' ? field : field?.join(','))?.split(',').at(-1)?.trim().toLowerCase();

/** `::ffff:192.0.2.1` as `192.0.2.1`. */
const unwrap = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
