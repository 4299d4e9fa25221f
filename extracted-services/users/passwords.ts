import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Problem } from '../chassis/problem.ts';
import { Crowded, createTurns } from './turns.ts';

/** Hashes passwords by scrypt (RFC 7914), slow and with much memory on purpose, and so a few at a time. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Whether the password is the one of the hash; `outdated`: it is, and the hash is not what `hash` would make today.
   * Without a hash, for nobody, it takes as long. Throws the Problem 503 `busy` when too many wait.
   */
  verify(password: string, hash: string | undefined): Promise<'right' | 'outdated' | 'wrong'>;
}

/** scrypt's parameters: memory is 128 · N · r bytes, time grows with N · r · p. */
export interface Cost {
  /** A power of 2, at most 131,072. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB, three rounds: what OWASP asks for. */
export const defaultCost: Cost = { N: 32_768, r: 8, p: 3 };
/** Node's own, which the monolith used without naming them. */
const legacyCost: Cost = { N: 16_384, r: 8, p: 1 };
/** A store that somebody has changed must not make one login cost a gigabyte. */
const most: Cost = { N: 131_072, r: 16, p: 8 };
const keyBytes = 32;
const bounds = { running: 2, waiting: 32 };

interface Parsed {
  readonly cost: Cost;
  readonly salt: string | Buffer;
  readonly key: Buffer;
}

export function createPasswords(cost: Cost = defaultCost): Passwords {
  const turns = createTurns(bounds);
  const current = `scrypt$${cost.N}$${cost.r}$${cost.p}$`;
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await turns.run(work);
    } catch (error) {
      if (!(error instanceof Crowded)) throw error;
      throw new Problem(503, 'busy', 'too many passwords are being checked', {
        headers: { 'retry-after': '1' },
      });
    }
  };
  return {
    hash: password =>
      inTurn(async () => {
        const salt = randomBytes(16);
        const key = await derive(password, salt, cost);
        return `${current}${salt.toString('base64url')}$${key.toString('base64url')}`;
      }),
    verify: (password, hash) =>
      inTurn(async () => {
        const parsed = hash === undefined ? undefined : parseHash(hash);
        const known = parsed ?? { cost, salt: 'nobody', key: Buffer.alloc(keyBytes) };
        const given = await derive(password, known.salt, known.cost);
        const isRight = timingSafeEqual(given, known.key) && parsed !== undefined;
        if (!isRight) return 'wrong';
        return hash?.startsWith(current) ? 'right' : 'outdated';
      }),
  };
}

/** `scrypt$N$r$p$salt$key`, or the monolith's `salt:key`. Undefined for anything else, which no password fits. */
function parseHash(hash: string): Parsed | undefined {
  const own = /^scrypt\$(\d{1,6})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/.exec(hash);
  if (own) {
    const [N, r, p] = own.slice(1, 4).map(Number);
    const [salt, key] = own.slice(4).map(text => Buffer.from(text, 'base64url'));
    if (!N || !r || !p || !salt || !key || N > most.N || r > most.r || p > most.p) return undefined;
    return { cost: { N, r, p }, salt, key };
  }
  const [, salt, key] = /^([^:]{1,200}):([0-9a-f]{64})$/.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return undefined;
  return { cost: legacyCost, salt, key: Buffer.from(key, 'hex') };
}

function derive(password: string, salt: string | Buffer, cost: Cost): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
