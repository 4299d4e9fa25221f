import { afterEach, describe, expect, it } from 'vitest';
import { createEvents } from '../../../gateway/core/events.ts';
import { type KeySource, openKeySource } from '../../../gateway/edge/auth/key-source.ts';
import { type Issuer, makeKey, openIssuer } from '../../kit/issuer.ts';
import { createManualClock } from '../../kit/manual-clock.ts';
import { eventually } from '../../kit/proxy-rig.ts';

const sources: KeySource[] = [];
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
});

function open(issuer: Issuer) {
  const clock = createManualClock();
  const events = createEvents();
  const said: string[] = [];
  events.on('keys-failed', ({ reason }) => said.push(`failed: ${reason}`));
  events.on('keys-restored', () => said.push('restored'));
  const source = openKeySource(issuer.jwks, { clock, events });
  sources.push(source);
  /** Waits until the fetch under way is over, which sets the timer of the next. */
  const settled = () => eventually(() => clock.pending() === 1, 'the end of a fetch');
  return { clock, source, said, settled };
}

describe('a key source', () => {
  it('looks again every five minutes, and gives another object only where a key is another', async () => {
    await using issuer = await openIssuer();
    const { clock, source, settled } = open(issuer);
    const first = await source.first();
    await settled();
    clock.advance(299_000 * 0.8);
    expect(issuer.fetches).toBe(1);
    clock.advance(300_000 * 0.2 + 1000);
    await settled();
    expect([issuer.fetches, source.current === first]).toEqual([2, true]);
    issuer.publish(makeKey());
    clock.advance(300_000);
    await settled();
    expect([issuer.fetches, source.current === first]).toEqual([3, false]);
  });

  it('keeps its keys while the issuer is down, tries with growing pauses, and says so once', async () => {
    await using issuer = await openIssuer();
    const { clock, source, said, settled } = open(issuer);
    const keys = await source.first();
    await settled();
    await issuer.stop();
    clock.advance(300_000);
    const pauses: number[] = [];
    for (let n = 0; n < 12; n++) {
      await settled();
      const before = clock.now();
      clock.next();
      pauses.push(clock.now() - before);
    }
    await settled();
    const most = pauses.map((_, n) => Math.min(300_000, 1000 * 2 ** n));
    expect(pauses.every((pause, n) => pause >= most[n]! * 0.8 && pause <= most[n]!)).toBe(true);
    expect(source.current).toBe(keys);
    expect(said).toEqual([expect.stringMatching(/^failed: .*ECONNREFUSED/)]);
    await issuer.start();
    clock.next();
    await settled();
    expect([said[1], source.current === keys]).toEqual(['restored', true]);
  });

  it('that never had keys tries every fifteen seconds at least', async () => {
    await using issuer = await openIssuer();
    await issuer.stop();
    const { clock, source, settled } = open(issuer);
    expect(await source.first()).toBeUndefined();
    for (let n = 0; n < 8; n++) {
      await settled();
      clock.next();
    }
    await settled();
    const before = clock.now();
    clock.next();
    expect(clock.now() - before).toBeLessThanOrEqual(15_000);
    await settled();
    await issuer.start();
    clock.next();
    await settled();
    expect(source.current).toBeDefined();
  });

  it('is asked again at most once in 30 s, however many wait for it', async () => {
    await using issuer = await openIssuer();
    const { clock, source, settled } = open(issuer);
    const first = await source.first();
    await settled();
    issuer.publish(makeKey());
    const found = await Promise.all(Array.from({ length: 100 }, () => source.again()));
    expect(issuer.fetches).toBe(2);
    expect(found.every(keys => keys === source.current && keys !== first)).toBe(true);
    await settled();
    clock.advance(29_000);
    await source.again();
    expect(issuer.fetches).toBe(2);
    clock.advance(1000);
    await source.again();
    expect(issuer.fetches).toBe(3);
  });

  it('leaves nothing behind when it is closed during a fetch', async () => {
    await using issuer = await openIssuer();
    const { clock, source, said } = open(issuer);
    source.close();
    expect(await source.first()).toBeUndefined();
    expect([clock.pending(), said]).toEqual([0, []]);
  });
});
