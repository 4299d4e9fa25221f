import type { Clock } from '../chassis/clock.ts';
import { newEvent } from '../chassis/events/cloud-event.ts';
import { Problem } from '../chassis/problem.ts';
import { type Trace, toTraceparent } from '../chassis/trace.ts';
import type { Attempts } from './attempts.ts';
import type { Passwords } from './passwords.ts';
import type { Records, Repository } from './repository.ts';
import type { Profile, User } from './user.ts';

/** What people do with their accounts. Who may do it was decided before. */
export interface Accounts {
  /** Throws the Problem 409 `email-taken`. */
  register(wanted: NewAccount, from: Origin): Promise<User>;
  /** Throws the Problem 401 `login-failed`, or 429. Never says whether there is such an account. */
  logIn(credentials: { email: string; password: string }, from: Origin): Promise<User>;
  /** Throws the Problem 404 `user-not-found`. */
  change(id: number, profile: Profile, from: Origin): Promise<User>;
  /** All logins of the user end. Throws the Problem 403 `password-wrong`, 404 or 429. */
  changePassword(id: number, passwords: { current: string; next: string }, from: Origin): Promise<void>;
}

export interface NewAccount extends Profile {
  readonly email: string;
  readonly password: string;
}

/** Where a request came from. */
export interface Origin {
  readonly address: string;
  readonly trace: Trace;
}

export interface AccountsDeps {
  readonly repository: Repository;
  readonly passwords: Passwords;
  readonly attempts: Attempts;
  readonly clock: Clock;
}

/** Two that register at once may be given the same id: then one of them begins again. */
const maxTries = 5;

export function createAccounts(deps: AccountsDeps): Accounts {
  const { repository, passwords, attempts, clock } = deps;
  return {
    async register({ email, password, ...profile }, from) {
      await attempts.enter({ kind: 'registration', address: from.address });
      const hash = await passwords.hash(password);
      const createdAt = new Date(clock.wall()).toISOString();
      for (let tries = 1; ; tries++) {
        try {
          return await repository.transaction(async records => {
            if (await records.users.findByEmail(email)) throw emailTaken();
            const id = await records.users.nextId();
            const user: User = { id, email, ...profile, role: 'customer', createdAt };
            await records.users.add(user, hash);
            await tell(records, 'user.registered.v1', user, from.trace);
            return user;
          });
        } catch (error) {
          if (error instanceof Problem || tries === maxTries) throw error;
        }
      }
    },

    async logIn({ email, password }, from) {
      const attempt = await attempts.enter({ kind: 'password', address: from.address, account: email });
      const found = await repository.users.findByEmail(email);
      const verdict = await passwords.verify(password, found?.passwordHash);
      if (!found || verdict === 'wrong') throw loginFailed();
      await attempt.forgive();
      const { passwordHash: before, ...user } = found;
      if (verdict === 'outdated') {
        await repository.users.rehash(user.id, { before, after: await passwords.hash(password) });
      }
      return user;
    },

    change: (id, profile, { trace }) =>
      repository.transaction(async records => {
        const user = await records.users.change(id, profile);
        if (!user) throw noUser();
        await tell(records, 'user.changed.v1', user, trace);
        return user;
      }),

    async changePassword(id, { current, next }, from) {
      const user = await repository.users.find(id);
      if (!user) throw noUser();
      const account = user.email;
      const attempt = await attempts.enter({ kind: 'password', address: from.address, account });
      const found = await repository.users.findByEmail(account);
      if (!found) throw noUser();
      if ((await passwords.verify(current, found.passwordHash)) === 'wrong') throw passwordWrong();
      await attempt.forgive();
      const hashes = { before: found.passwordHash, after: await passwords.hash(next) };
      await repository.transaction(async ({ users, families }) => {
        if (!(await users.changePassword(id, hashes))) throw passwordWrong();
        await families.endAllOf(id);
      });
    },
  };
}

/** Everything about the user but the password, so that whoever listens needs to ask nobody; `userId` is the `sub` of tokens. */
const tell = (
  records: Records,
  type: 'user.registered.v1' | 'user.changed.v1',
  { id, email, fullName, city, role }: User,
  trace: Trace,
): Promise<void> =>
  records.tell(
    newEvent({
      source: '/services/users',
      type,
      subject: `user/${id}`,
      data: { userId: String(id), email, fullName, city, roles: [role] },
      traceparent: toTraceparent(trace),
    }),
  );

const emailTaken = (): Problem =>
  new Problem(409, 'email-taken', 'there is an account with this email already', {
    errors: [{ field: 'email', detail: 'taken' }],
  });

const loginFailed = (): Problem =>
  new Problem(401, 'login-failed', 'no account has this email and this password', {
    headers: { 'www-authenticate': 'Bearer realm="shop"' },
  });

const passwordWrong = (): Problem =>
  new Problem(403, 'password-wrong', 'the current password is another one', {
    errors: [{ field: 'current_password', detail: 'wrong' }],
  });

export const noUser = (): Problem => new Problem(404, 'user-not-found', 'there is no such user');
