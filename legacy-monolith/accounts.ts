import { scrypt, scryptSync, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Shop } from './shop.ts';

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
