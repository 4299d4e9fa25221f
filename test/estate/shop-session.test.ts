import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Monolith } from '../../legacy-monolith/monolith.ts';
import { openTwin, playShopSession, type RawAnswer } from '../kit/shop-session.ts';

let one: Monolith;
let other: Monolith;
let answers: readonly RawAnswer[];

beforeAll(async () => {
  [one, other] = [await openTwin(), await openTwin()];
  answers = await playShopSession(one.url);
});
afterAll(() => Promise.all([one.close(), other.close()]));

const statusOf = (name: string): number | undefined => answers.find(answer => answer.name === name)?.status;

describe('the recorded session', () => {
  it('is the same against two twins, byte for byte', async () => {
    expect(await playShopSession(other.url)).toEqual(answers);
  });

  it('goes where a customer would', () => {
    expect(statusOf('login')).toBe(302);
    expect(statusOf('whoami')).toBe(200);
    expect(statusOf('checkout')).toBe(302);
    expect(statusOf('order page')).toBe(200);
    expect(statusOf('invoice as PDF')).toBe(200);
    expect(statusOf('part of an image')).toBe(206);
    expect(statusOf('order not modified')).toBe(304);
    expect(statusOf('whoami as a stranger')).toBe(401);
    expect(statusOf('history after logout')).toBe(302);
  });

  it('holds a chunked export, an event stream and two cookies in one answer', () => {
    const fields = (name: string): string =>
      (answers.find(answer => answer.name === name)?.headers ?? []).join('\n');
    expect(fields('streaming export')).toContain('Transfer-Encoding\nchunked');
    expect(fields('ticker')).toContain('Content-Type\ntext/event-stream');
    expect(fields('login').match(/Set-Cookie/g)).toHaveLength(2);
  });
});
