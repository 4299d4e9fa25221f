/** What people were promised about their accounts, whoever answers: the monolith, the service, or a gateway. */
import { describe, expect, it } from 'vitest';
import type { Account, Identity, People } from '../kit/accounts.ts';

export type Side = 'monolith' | 'service';

let made = 0;
const password = 'a password of mine';

/** Somebody who has no account yet. */
const somebody = (more: Partial<Account> = {}): Account => {
  made += 1;
  const email = `somebody-${process.pid}-${made}@example.com`;
  return { email, password, full_name: 'Some Body', city: 'Köln', ...more };
};

/**
 * Runs the suite. `people` is asked once the tests run; `side` says which of the two answers: what one of them alone can do
 * is named so, and runs there.
 */
export function describeUsers(name: string, side: Side, people: () => People): void {
  const newcomer = async (more: Partial<Account> = {}) => {
    const account = somebody(more);
    const ended = await people().register(account);
    const identity = await people().logIn(account.email, account.password);
    if (ended.kind !== 'done' || !identity) throw new Error(`not registered: ${JSON.stringify(ended)}`);
    return { account, identity, id: Number(ended.user.user_id) };
  };
  const logged = async (email: string, secret = 'wonderland'): Promise<Identity> => {
    const identity = await people().logIn(email, secret);
    if (!identity) throw new Error(`${email} is not let in`);
    return identity;
  };

  // Passwords are slow on purpose.
  describe(`people at ${name}`, { timeout: 60_000 }, () => {
    it('open an account, and are shown all of it but the password', async () => {
      const account = somebody({ email: `Capital-${process.pid}-${side}-${name.length}@Example.com` });
      const ended = await people().register(account);
      const { full_name, city } = account;
      const user = { user_id: expect.any(Number), email: account.email.toLowerCase(), full_name, city };
      expect(ended).toMatchObject({ kind: 'done', user });
      expect(JSON.stringify(ended)).not.toMatch(/password|hash/i);
    });

    it.each<[string, Partial<Account>]>([
      ['an email that is none', { email: 'nobody' }],
      ['a password of seven characters', { password: 'seven77' }],
      ['no name', { full_name: '' }],
    ])('are refused with words for %s', async (_what, wrong) => {
      const ended = await people().register(somebody(wrong));
      expect(ended).toEqual({ kind: 'refused', why: expect.stringMatching(/\w{3}/) });
    });

    it('are refused with words for an email that somebody has, in whatever case', async () => {
      for (const email of ['alice@example.com', 'Alice@Example.com']) {
        expect(await people().register(somebody({ email }))).toMatchObject({ kind: 'refused' });
      }
    });

    it('come in with the password that they chose, and with no other', async () => {
      const { account } = await newcomer();
      expect(await people().logIn(account.email.toUpperCase(), password)).toBeDefined();
      expect(await people().logIn(account.email, `${password}.`)).toBeUndefined();
      expect(await people().logIn('nobody-at-all@example.com', password)).toBeUndefined();
    });

    it('come in with the password that the shop always knew', async () => {
      const { user } = (await people().profile(await logged('alice@example.com'), 1)) as { user: unknown };
      expect(user).toMatchObject({ user_id: 1, email: 'alice@example.com', full_name: 'Alice Liddell' });
    });

    it('see their profile, and strangers see none', async () => {
      const { account, identity, id } = await newcomer();
      const { full_name, city, email } = account;
      const seen = { kind: 'done', user: { user_id: id, email, full_name, city } };
      expect(await people().profile(identity, id)).toMatchObject(seen);
      expect(await people().profile({}, id)).toEqual({ kind: 'unknown' });
    });

    it('change name and city, and the email stays', async () => {
      const { account, identity, id } = await newcomer();
      const changed = { full_name: 'An Other', city: 'Bonn' };
      const ended = await people().change(identity, id, changed);
      expect(ended).toMatchObject({ kind: 'done', user: { ...changed, email: account.email } });
      expect(await people().profile(identity, id)).toMatchObject({ kind: 'done', user: changed });
    });

    it('are refused with words for a name of nothing, and keep theirs', async () => {
      const { account, identity, id } = await newcomer();
      const ended = await people().change(identity, id, { full_name: '', city: 'Bonn' });
      expect(ended).toMatchObject({ kind: 'refused' });
      const kept = { full_name: account.full_name, city: account.city };
      expect(await people().profile(identity, id)).toMatchObject({ user: kept });
    });

    it('see nobody else, unless they are staff', async () => {
      const staff = await logged('admin@example.com');
      expect(await people().user(staff, 113)).toMatchObject({
        user: { user_id: 113, full_name: 'Emma Adler' },
      });
      const { identity } = await newcomer();
      expect(await people().user(identity, 113)).toEqual({ kind: 'forbidden' });
    });

    it.runIf(side === 'monolith')('change their email (the monolith alone)', async () => {
      const { identity, id } = await newcomer();
      const { email, full_name, city } = somebody();
      const ended = await people().change(identity, id, { email, full_name, city });
      expect(ended).toMatchObject({ kind: 'done', user: { email } });
      expect(await people().logIn(email, password)).toBeDefined();
    });

    it.runIf(side === 'service')('leave the city out (the service alone)', async () => {
      const { identity, id } = await newcomer({ city: '' });
      expect(await people().profile(identity, id)).toMatchObject({ kind: 'done', user: { city: '' } });
    });

    it.runIf(side === 'service')('need a password of ten characters (the service alone)', async () => {
      const nine = somebody({ password: 'nine nine' });
      expect(await people().register(nine)).toMatchObject({ kind: 'refused' });
    });
  });
}
