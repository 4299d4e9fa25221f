/** What the monolith says about a user: a row of its, or a change, in its own words. */
import { createHash } from 'node:crypto';
import { toInstant } from '../chassis/berlin-time.ts';
import { normalEmail, type User } from './user.ts';

export interface LegacyUser {
  readonly user: User;
  readonly passwordHash: string;
}

/** Reads a user with their password hash. Throws a TypeError that names the field for what is none, and shows no value. */
export function fromLegacyUser(payload: Readonly<Record<string, unknown>>): LegacyUser {
  const text = (name: string): string => {
    const value = payload[name];
    if (typeof value === 'string') return value;
    throw new TypeError(`${name}: expected text, got ${typeof value}`);
  };
  const id = payload.user_id;
  if (!Number.isSafeInteger(id)) throw new TypeError(`user_id: expected a whole number, got ${typeof id}`);
  return {
    user: {
      id: Number(id),
      email: normalEmail(text('email')),
      fullName: text('full_name'),
      city: text('city'),
      role: text('role') === 'staff' ? 'staff' : 'customer',
      createdAt: toInstant(text('created_at')),
    },
    passwordHash: text('password_hash'),
  };
}

/** The monolith's digest of the same user: SHA-256 of a JSON list of their fields, in its form. Never the password. */
export const toDigest = ({ id, email, fullName, city, role }: User) => ({
  id,
  updated_at: null,
  hash: createHash('sha256')
    .update(JSON.stringify([id, email, fullName, city, role]))
    .digest('hex'),
});
