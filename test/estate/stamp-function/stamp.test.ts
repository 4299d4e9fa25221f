import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stamp, tolerance } from '../../../extracted-services/stamp-function/stamp.ts';

const secret = 'a secret of the sender';
const now = Date.UTC(2026, 2, 4, 5, 6, 7);
const seconds = now / 1000;
const sign = (t: number, body: string, key = secret): string =>
  createHmac('sha256', key).update(`${t}.${body}`).digest('hex');
const event = (body: string, signature?: string) => ({
  headers: signature === undefined ? {} : { 'x-webhook-signature': signature },
  body: Buffer.from(body).toString('base64'),
});
const stamped = (body: string, signature?: string, at = now) =>
  stamp(event(body, signature), { secret, now: at });

describe('stamping a webhook', () => {
  it('gives it a time, an id and a stamp that the sender can verify', () => {
    const { status, body } = stamped('{"a":1}', `t=${seconds},v1=${sign(seconds, '{"a":1}')}`);
    expect([status, body]).toEqual([
      200,
      {
        id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
        signed_at: '2026-03-04T05:06:07.000Z',
        stamped_at: '2026-03-04T05:06:07.000Z',
        bytes: 7,
        sha256: '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862',
        stamp: expect.any(String),
      },
    ]);
    const text = `stamp.${body.id}.${body.stamped_at}.${body.sha256}`;
    expect(body.stamp).toBe(createHmac('sha256', secret).update(text).digest('hex'));
  });

  it('gives the same delivery the same id, later too, and another one another', () => {
    const id = (body: string, t = seconds, at = now): unknown =>
      stamped(body, `t=${t},v1=${sign(t, body)}`, at).body.id;
    expect(id('x', seconds, now + 60_000)).toBe(id('x'));
    expect(new Set([id('x'), id('y'), id('x', seconds + 1)]).size).toBe(3);
  });

  it('takes any of up to five signatures, while a sender changes its secret', () => {
    const [old, right] = [sign(seconds, 'x', 'another secret'), sign(seconds, 'x')];
    const all = (count: number): string => `t=${seconds},v1=${right}${`,v1=${old}`.repeat(count - 1)}`;
    expect([2, 5, 6].map(count => stamped('x', all(count)).status)).toEqual([200, 200, 401]);
    expect(stamped('x', `t=${seconds},v1=${old},v1=${right}`).status).toBe(200);
  });

  it.each([
    ['none', undefined, 'signature-missing'],
    ['an empty one', '', 'signature-malformed'],
    ['half a one', `t=${seconds},v1=abc`, 'signature-malformed'],
    ['one in capitals', `t=${seconds},v1=${sign(seconds, 'x').toUpperCase()}`, 'signature-malformed'],
    ['no time', `v1=${sign(seconds, 'x')}`, 'signature-malformed'],
    ['another body’s', `t=${seconds},v1=${sign(seconds, 'y')}`, 'signature-invalid'],
    ['another secret’s', `t=${seconds},v1=${sign(seconds, 'x', 'guessed secret 1')}`, 'signature-invalid'],
    ['another time’s', `t=${seconds + 1},v1=${sign(seconds, 'x')}`, 'signature-invalid'],
    ['an old one', `t=${seconds - 301},v1=${sign(seconds - 301, 'x')}`, 'signature-old'],
    ['one of the future', `t=${seconds + 301},v1=${sign(seconds + 301, 'x')}`, 'signature-old'],
  ])('refuses %s', (_, signature, code) => {
    const { status, body } = stamped('x', signature);
    expect([status, body.code]).toEqual([401, code]);
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  it('takes one that is just as old as may be', () => {
    const t = seconds - tolerance;
    expect(stamped('x', `t=${t},v1=${sign(t, 'x')}`).status).toBe(200);
  });

  it('verifies nothing without a secret', () => {
    expect(() => stamp(event('x', `t=1,v1=${sign(1, 'x', '')}`), { secret: '', now })).toThrow(TypeError);
  });
});
