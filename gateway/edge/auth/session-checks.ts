import type { Finding, KeyPath } from '../../config/problem.ts';
import { isToken } from '../../core/headers.ts';
import { formatDuration } from '../../core/units.ts';
import { parseMintingKey } from './minting-key.ts';
import type { AuthConfig, MintConfig, SessionConfig } from './schema.ts';

const bad = (path: KeyPath, message: string): Finding => ({
  ...{ severity: 'error', code: 'bad-value', path, message },
});

/** Sessions can be asked about, and what services get instead can be signed. */
export function* checkSession({ session, mint }: AuthConfig): Generator<Finding> {
  if (session !== undefined) yield* checkBridge(session);
  if (mint !== undefined) yield* checkMint(mint);
  if (session !== undefined && mint === undefined)
    yield {
      ...{ severity: 'warning', code: 'session-without-mint', path: ['auth', 'session'], atKey: true },
      message: 'services are told who somebody is in x-user-* fields alone, and cannot verify them',
      request: `GET / with Cookie: ${session.cookie}=…`,
      fix: 'say auth.mint, so that they get a signed token',
    };
}

function* checkBridge({ cookie, verify, cache }: SessionConfig): Generator<Finding> {
  const path = ['auth', 'session'];
  if (!isToken(cookie)) yield bad([...path, 'cookie'], `expected the name of a cookie, got ${cookie}`);
  if (!/^\/[!-~]*$/.test(verify.path))
    yield bad([...path, 'verify', 'path'], `expected a path such as /session/whoami, got ${verify.path}`);
  if (cache > longestCache)
    yield bad(
      [...path, 'cache'],
      `expected at most ${formatDuration(longestCache)}, got ${formatDuration(cache)}: so long somebody who logged out could go on`,
    );
}

/** Milliseconds. */
const longestCache = 15 * 60_000;
const ttlBounds = { least: 5000, most: 3_600_000 };

function* checkMint({ ttl, keys = [] }: MintConfig): Generator<Finding> {
  const path = ['auth', 'mint'];
  const { least, most } = ttlBounds;
  if (ttl < least || ttl > most)
    yield bad(
      [...path, 'ttl'],
      `expected ${formatDuration(least)} to ${formatDuration(most)}, got ${formatDuration(ttl)}`,
    );
  const seen = new Set<string>();
  for (const [index, pem] of keys.entries()) {
    // A file that could not be read has been told already.
    if (pem === '') continue;
    const at = [...path, 'keys', index];
    try {
      const { id } = parseMintingKey(pem);
      if (seen.has(id)) yield bad(at, `the key ${id} is there twice`);
      seen.add(id);
    } catch (error) {
      yield bad(at, (error as Error).message);
    }
  }
}
