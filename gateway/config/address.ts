import { isIP } from 'node:net';

/** Where a port is opened: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`. */
export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Undefined if it is not `host:port` with a port up to 65535. */
export function parseAddress(text: string): Address | undefined {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  if (found === null) return undefined;
  const [, six, other] = found;
  const port = Number(found[3]);
  if (port > 65_535 || (six !== undefined && isIP(six) !== 6)) return undefined;
  return { host: six ?? other ?? '', port };
}

/** Reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Whether nobody between here and there can read or change what is said: https, or this machine alone. */
export function isConfidential(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

/** Both cannot be open at once on one machine. Port 0 takes any free one. */
export const collide = (a: Address, b: Address): boolean =>
  a.port !== 0 && a.port === b.port && (a.host === b.host || isEverywhere(a.host) || isEverywhere(b.host));

const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** `10.0.0.0/8`, `::1/128`, or a bare address. */
export function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
