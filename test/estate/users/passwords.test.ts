import { describe, expect, it } from 'vitest';
import { createPasswords, defaultCost } from '../../../extracted-services/users/passwords.ts';
import { hashPassword as legacyHash } from '../../../legacy-monolith/accounts.ts';
import { cheapCost } from '../../kit/users.ts';

const passwords = createPasswords(cheapCost);

describe('a password hash', () => {
  it('fits its password and no other, and is never the same twice', async () => {
    const [one, two] = [await passwords.hash('secret 1'), await passwords.hash('secret 1')];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^scrypt\$1024\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await passwords.verify('secret 1', one)).toBe('right');
    expect(await passwords.verify('secret 2', one)).toBe('wrong');
    expect(await passwords.verify('', one)).toBe('wrong');
  });

  it('costs 32 MiB and three rounds where nothing else is said', async () => {
    const hash = await createPasswords().hash('x');
    expect(hash).toMatch(/^scrypt\$32768\$8\$3\$/);
    expect(await createPasswords().verify('x', hash)).toBe('right');
    expect(defaultCost.N * defaultCost.r * 128).toBe(32 * 1024 * 1024);
  });

  it('of the monolith fits, and is outdated', async () => {
    const hash = legacyHash('wonderland', 'figs-are-false-fruits');
    expect(await passwords.verify('wonderland', hash)).toBe('outdated');
    expect(await passwords.verify('wonderlamp', hash)).toBe('wrong');
  });

  it('of another cost fits, and is outdated', async () => {
    const hash = await createPasswords({ N: 2048, r: 8, p: 1 }).hash('x');
    expect(await passwords.verify('x', hash)).toBe('outdated');
  });

  it.each([
    undefined,
    '',
    'nonsense',
    'salt:',
    `:${'0'.repeat(64)}`,
    `scrypt$0$8$1$${'x'.repeat(22)}$${'x'.repeat(43)}`,
  ])('that is none (%s) fits no password', async hash => {
    expect(await passwords.verify('x', hash)).toBe('wrong');
    expect(await passwords.verify('', hash)).toBe('wrong');
  });

  it.each([
    ['N', `scrypt$262144$8$1$${'x'.repeat(22)}$${'x'.repeat(43)}`],
    ['r', `scrypt$1024$17$1$${'x'.repeat(22)}$${'x'.repeat(43)}`],
    ['p', `scrypt$1024$8$9$${'x'.repeat(22)}$${'x'.repeat(43)}`],
  ])('that asks for too much %s is not computed', async (_, hash) => {
    const began = performance.now();
    expect(await passwords.verify('x', hash)).toBe('wrong');
    expect(performance.now() - began).toBeLessThan(500);
  });
});

it('computes two at a time, lets 32 wait, and says 503 to the rest', async () => {
  const slow = createPasswords({ N: 8192, r: 8, p: 1 });
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => slow.hash('x')));
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(6);
  expect(refused[0]).toMatchObject({ reason: { status: 503, code: 'busy' } });
  expect(await slow.hash('x')).toMatch(/^scrypt/);
});
