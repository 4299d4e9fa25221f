import { hash, randomBytes } from 'node:crypto';

/** An API key that was just made. */
export interface NewKey {
  /** What the client sends; it is kept nowhere. */
  readonly key: string;
  /** What stands in routes.yaml. */
  readonly sha256: string;
}

/** 32 random bytes. The prefix lets people and scanners of repositories see what it is. */
export function makeApiKey(): NewKey {
  const key = `fgw_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: hash('sha256', key) };
}

export const keyIdBound = 'an id of 1 to 64 letters, digits, `.`, `_`, `@` or `-`';
export const isKeyId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(id);
