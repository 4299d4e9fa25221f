import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Refusal } from '../core/errors.ts';
import { isSafe } from '../core/vocabulary.ts';

/**
 * The name that the caller used for this port: an IP literal, a loopback name or one of `hosts`.
 * Any other may be a foreign name that was pointed here, so that a page of that name can read this port.
 */
export function requireHost({ headers, rawHeaders }: IncomingMessage, hosts: readonly string[]): void {
  const host = headers.host ?? '';
  const isAlone = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length === 1;
  if (!isAlone || !isKnownHost(host, hosts))
    throw new Refusal('origin-denied', `the host ${JSON.stringify(host)} is not in admin.hosts`);
}

export function isKnownHost(host: string, hosts: readonly string[]): boolean {
  const found = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host);
  if (found === null) return false;
  if (found[1] !== undefined) return isIP(found[1]) === 6;
  const name = (found[2] ?? '').toLowerCase().replace(/\.$/, '');
  if (isIP(name) === 4 || name === 'localhost' || name.endsWith('.localhost')) return true;
  return hosts.some(known => known.toLowerCase().replace(/:\d+$/, '') === name);
}

/**
 * A call that changes something must not come from another site's page: what a browser says of it must be good.
 * Where it says nothing it is no browser, or none of today: the caller's token, or loopback without tokens, decides.
 */
export function requireSameOrigin({ method = '', headers }: IncomingMessage): void {
  if (isSafe(method)) return;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Refusal(
      'origin-denied',
      `a changing call from a page of another site (Sec-Fetch-Site: ${site})`,
    );
  const { origin } = headers;
  if (origin !== undefined && hostOf(origin) !== headers.host?.toLowerCase())
    throw new Refusal(
      'origin-denied',
      `a changing call from a page of ${JSON.stringify(origin.slice(0, 200))}`,
    );
}

/** `http://127.0.0.1:8081` → `127.0.0.1:8081`; undefined for `null` and what is no origin. */
const hostOf = (origin: string): string | undefined =>
  /^https?:\/\/([^/?#@]+)$/i.exec(origin)?.[1]?.toLowerCase();
