import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../chassis/clock.ts';
import type { Repository } from './repository.ts';
import type { User } from './user.ts';

/**
 * Logins that go on: each is a family of refresh tokens, of which only the newest counts. A token is used once; one that
 * comes a second time was stolen, from one side or the other, and ends its family (RFC 9700 §4.14.2).
 */
export interface Sessions {
  /** A new family; resolves with its first token. */
  open(userId: number): Promise<string>;
  /** `refused`: the token is good, and stays so, but `mayHave` says no to its user. */
  refresh(token: string, mayHave: (user: User) => boolean): Promise<Refreshed>;
  /** Ends the family of this token, if it is one. */
  end(token: string): Promise<void>;
}

/** Whoever asks with a token that is not good learns no more than that. */
export type Refreshed =
  | { readonly kind: 'good'; readonly user: User; readonly token: string }
  | { readonly kind: 'unknown' | 'ended' | 'reused' | 'refused' };

/** A family as it is stored. */
export interface Family {
  /** 22 characters, random: the first half of its tokens. */
  readonly id: string;
  readonly userId: number;
  /** SHA-256 of the second half of its newest token. */
  readonly tokenHash: string;
  /** Wall clock, milliseconds: whatever happens, it ends then. */
  readonly endsAt: number;
  /** It ends before if no token of it is used until then. */
  readonly idleAt: number;
}

const day = 86_400_000;
const longest = 30 * day;
const longestIdle = 7 * day;
/** Families of one user; a further one ends the oldest. */
export const maxFamilies = 20;

export function createSessions(repository: Repository, clock: Clock): Sessions {
  return {
    async open(userId) {
      const now = clock.wall();
      const secret = newSecret();
      const family: Family = {
        id: randomBytes(16).toString('base64url'),
        userId,
        tokenHash: hash(secret),
        endsAt: now + longest,
        idleAt: now + longestIdle,
      };
      await repository.transaction(async ({ families }) => {
        await families.add(family);
        await families.trim(userId, maxFamilies);
        await families.forget(now);
      });
      return `${family.id}.${secret}`;
    },
    async refresh(token, mayHave) {
      const { id, secret } = parse(token);
      const family = await repository.families.find(id);
      const now = clock.wall();
      if (!family) return { kind: 'unknown' };
      if (now >= Math.min(family.endsAt, family.idleAt)) {
        await repository.families.end(id);
        return { kind: 'ended' };
      }
      const user = await repository.users.find(family.userId);
      if (!user) return { kind: 'unknown' };
      const next = newSecret();
      const isNewest = isSame(family.tokenHash, hash(secret));
      if (isNewest && !mayHave(user)) return { kind: 'refused' };
      const isRotated =
        isNewest && (await repository.families.rotate({ ...family, idleAt: now + longestIdle }, hash(next)));
      if (isRotated) return { kind: 'good', user, token: `${id}.${next}` };
      await repository.families.end(id);
      return { kind: 'reused' };
    },
    async end(token) {
      const { id, secret } = parse(token);
      const family = await repository.families.find(id);
      if (family && isSame(family.tokenHash, hash(secret))) await repository.families.end(id);
    },
  };
}

const newSecret = (): string => randomBytes(32).toString('base64url');

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Empty parts, which no family has, for what is no token. */
function parse(token: string): { id: string; secret: string } {
  const [, id = '', secret = ''] = /^([\w-]{22})\.([\w-]{43})$/.exec(token) ?? [];
  return { id, secret };
}
