import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Clock } from '../chassis/clock.ts';
import { Problem } from '../chassis/problem.ts';
import type { Repository } from './repository.ts';

/**
 * Bounds how often somebody may guess: for an account from one address, for an address, and for an account from
 * everywhere. An attempt counts before it is looked at, so that a thousand at once are no way around.
 */
export interface Attempts {
  /** Counts an attempt. Throws the Problem 429 `too-many-attempts` with `Retry-After`. */
  enter(attempt: NewAttempt): Promise<Attempt>;
}

export interface NewAttempt {
  readonly kind: 'password' | 'registration' | 'client';
  readonly address: string;
  /** Whose password; the others are bounded by address alone, so that nobody can lock a service out. */
  readonly account?: string;
}

export interface Attempt {
  /** It was a right one: takes it back, and forgives the failures of this account from this address. */
  forgive(): Promise<void>;
}

/** Attempts within a quarter of an hour. */
export interface AttemptBounds {
  readonly accountFromAddress: number;
  /** Higher, so that nobody can lock out somebody else from a single address. */
  readonly account: number;
  readonly address: number;
}

export const defaultBounds: AttemptBounds = { accountFromAddress: 10, account: 100, address: 100 };

/** Milliseconds in which attempts add up, counted from midnight UTC. */
const slotLength = 15 * 60_000;

export function createAttempts(
  repository: Repository,
  options: { clock: Clock; bounds?: AttemptBounds | undefined },
): Attempts {
  const { clock, bounds = defaultBounds } = options;
  return {
    async enter({ kind, address, account }) {
      const now = clock.wall();
      const slot = Math.floor(now / slotLength);
      const network = networkOf(address);
      const pair =
        account === undefined
          ? []
          : [{ name: bucketOf(kind, network, account), bound: bounds.accountFromAddress }];
      const shared = [{ name: bucketOf(kind, network), bound: bounds.address }];
      if (account !== undefined) shared.push({ name: bucketOf(kind, '', account), bound: bounds.account });
      const { attempts } = repository;
      // Each is asked only if the one before agrees: guesses that are refused from here must not fill the account's.
      for (const { name, bound } of [...pair, ...shared]) {
        const count = await attempts.count(name, slot);
        if (count === 1) await attempts.forget(slot);
        if (count > bound) throw tooMany(Math.ceil(((slot + 1) * slotLength - now) / 1000));
      }
      return {
        async forgive() {
          for (const { name } of pair) await attempts.clear(name, slot);
          for (const { name } of shared) await attempts.uncount(name, slot);
        },
      };
    },
  };
}

/** A name without the account or the address in it. */
const bucketOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22);

/** An IPv6 address counts as its /64, which one person has whole; one that is an IPv4 address in disguise as that. */
export function networkOf(address: string): string {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = new URL(`http://[${plain.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

const tooMany = (seconds: number): Problem =>
  new Problem(429, 'too-many-attempts', `too many attempts; try again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
