import type { Fields } from '../chassis/validate.ts';

export const roles = ['customer', 'staff'] as const;
export type Role = (typeof roles)[number];

/** A person, without the password. */
export interface User {
  /** The monolith's id, or one from 1,000,000 on. */
  readonly id: number;
  /** Lower-case; one user each. */
  readonly email: string;
  readonly fullName: string;
  readonly city: string;
  readonly role: Role;
  /** ISO 8601, in UTC. */
  readonly createdAt: string;
}

/** What a user may change about oneself. */
export type Profile = Pick<User, 'fullName' | 'city'>;

/** What a token of a user says, by role. */
const customerScopes = [
  ...['profile:read', 'profile:write', 'orders:read', 'orders:write'],
  ...['products:read', 'payments:read', 'notifications:read'],
];
export const scopesOf: Readonly<Record<Role, readonly string[]>> = {
  customer: customerScopes,
  staff: [...customerScopes, 'products:write', 'payments:write', 'users:admin'],
};

export const normalEmail = (text: string): string => text.trim().toLowerCase();

/** Deliberately wide: only a letter that arrives proves an address. */
const emailShape = { is: /^[^\s@"<>]{1,64}@[^\s@"<>.][^\s@"<>]*\.[^\s@"<>.]+$/, words: 'an email address' };

export const readEmail = (fields: Fields): string =>
  normalEmail(fields.text('email', { max: 254, shape: emailShape }));

/** A new password. Long beats odd: no rule asks for digits or signs. */
export const readNewPassword = (fields: Fields, name = 'password'): string =>
  fields.text(name, { min: 10, max: 128, isSecret: true });

/** A password that somebody claims to know: any that could ever have been set. */
export const readPassword = (fields: Fields, name = 'password'): string =>
  fields.text(name, { min: 1, max: 128, isSecret: true });

/** The city may be left out. Control characters would end up in letters and logs. */
export const readProfile = (fields: Fields): Profile => ({
  fullName: fields.text('full_name', { max: 120, shape: printable }),
  city: fields.has('city') ? fields.text('city', { min: 0, max: 80, shape: printable }) : '',
});

const printable = { is: /^\P{Cc}*$/u, words: 'printable characters' };

/** A user as the API shows one, in the words that consumers of the monolith know. */
export const toAnswer = (user: User) => ({
  user_id: user.id,
  email: user.email,
  full_name: user.fullName,
  city: user.city,
  roles: [user.role],
  created_at: user.createdAt,
});
