import { randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { toLocal } from './local-time.ts';
import { firstForeignId, type Shop, ShopError } from './shop.ts';

export interface User {
  readonly user_id: number;
  readonly email: string;
  readonly full_name: string;
  readonly city: string;
  readonly role: string;
}

const columns = 'user_id, email, full_name, city, role';
const derive = promisify<string, string, number, Buffer>(scrypt);

/** `salt:key`, slow on purpose. */
export const hashPassword = (password: string, salt: string): string =>
  `${salt}:${scryptSync(password, salt, 32).toString('hex')}`;

export const findUser = (shop: Shop, id: number): User | undefined =>
  shop.database.first<User>(`SELECT ${columns} FROM users WHERE user_id = ?`, id);

/** The user with this email and password. An unknown email takes as long as a wrong password. */
export async function authenticate(shop: Shop, email: string, password: string): Promise<User | undefined> {
  const user = shop.database.first<User & { password_hash: string }>(
    `SELECT ${columns}, password_hash FROM users WHERE email = ?`,
    email.trim().toLowerCase(),
  );
  const [salt = '', key = ''] = (user?.password_hash ?? 'nobody:').split(':');
  const expected = Buffer.from(key.padEnd(64, '0'), 'hex');
  const given = await derive(password, salt, 32);
  return user && timingSafeEqual(expected, given) ? findUser(shop, user.user_id) : undefined;
}

/** What a person says about themselves. */
export interface Profile {
  readonly email: string;
  readonly full_name: string;
  readonly city: string;
}

/** A new customer. Throws ShopError in words for the form. */
export async function register(shop: Shop, profile: Profile, password: string): Promise<User> {
  const { email, full_name, city } = checkProfile(profile);
  if (password.length < 8 || password.length > 200) throw new ShopError('a password has 8 to 200 characters');
  refuseTaken(shop, email, 0);
  const salt = randomBytes(16).toString('hex');
  const key = await derive(password, salt, 32);
  return shop.database.transaction(() => {
    // Somebody else may have taken it while the hash was made.
    refuseTaken(shop, email, 0);
    const row = shop.database.first<{ id: number }>(
      'SELECT coalesce(max(user_id), 0) + 1 AS id FROM users WHERE user_id < ?',
      firstForeignId,
    );
    const user = { user_id: row?.id ?? 1, email, full_name, city, role: 'customer' };
    shop.database.run(
      'INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[user.user_id, email, full_name, city, `${salt}:${key.toString('hex')}`, user.role],
      toLocal(shop.now()),
    );
    return user;
  });
}

/** Throws ShopError in words for the form. */
export function changeProfile(shop: Shop, userId: number, profile: Profile): void {
  const { email, full_name, city } = checkProfile(profile);
  refuseTaken(shop, email, userId);
  shop.database.run(
    'UPDATE users SET email = ?, full_name = ?, city = ? WHERE user_id = ?',
    ...[email, full_name, city, userId],
  );
}

function checkProfile(profile: Profile): Profile {
  const email = profile.email.trim().toLowerCase();
  const [full_name, city] = [profile.full_name.trim(), profile.city.trim()];
  if (email.length > 254 || !/^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(email)) {
    throw new ShopError('that is not an email address');
  }
  for (const [field, value] of Object.entries({ name: full_name, city })) {
    if (value.length < 1 || value.length > 100) throw new ShopError(`a ${field} has 1 to 100 characters`);
  }
  return { email, full_name, city };
}

function refuseTaken(shop: Shop, email: string, except: number): void {
  const taken = shop.database.first('SELECT 1 FROM users WHERE email = ? AND user_id <> ?', email, except);
  if (taken) throw new ShopError('there is an account with this email already');
}
