import { describe, expect, it } from 'vitest';
import type { Ask, AskRequest, UpstreamAnswer, UpstreamAway } from '../../../gateway/edge/ask.ts';
import { createSessionBridge } from '../../../gateway/edge/auth/session.ts';
import { parseWhoami } from '../../../gateway/edge/auth/whoami.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const trace = { id: 'request-1', traceparent: '00-1-2-01' };

/** A bridge to a monolith whose answers come when the test says so. */
function openBridge(cache = 30_000) {
  const clock = createManualClock();
  const asked: AskRequest[] = [];
  const pending: ((answer: UpstreamAnswer | UpstreamAway) => void)[] = [];
  const ask: Ask = (_, request) =>
    new Promise(resolve => {
      asked.push(request);
      pending.push(resolve);
    });
  const config = { cookie: 'sid', verify: { upstream: 'legacy', path: '/whoami' }, cache, login: undefined };
  const bridge = createSessionBridge(config, { ask, clock });
  const reply = (status: number, body: object = { sub: 'alice' }): void =>
    pending.shift()?.({ status, body: Buffer.from(JSON.stringify(body)) });
  return { clock, asked, reply, find: (value: string) => bridge.find(value, trace) };
}

describe('a session', () => {
  it('is known at once until `cache` has passed since it was asked about, not since the answer came', async () => {
    const { clock, asked, reply, find } = openBridge();
    const first = find('s');
    clock.advance(10_000);
    reply(200);
    expect(await first).toMatchObject({ user: 'alice', scopes: [], roles: [] });
    clock.advance(19_999);
    const known = find('s');
    expect(known).not.toBeInstanceOf(Promise);
    expect(known).toBe(await first);
    clock.advance(1);
    expect(find('s')).toBeInstanceOf(Promise);
    expect(asked.length).toBe(2);
  });

  it('that has ended is refused for a second, also where it was good before', async () => {
    const { clock, asked, reply, find } = openBridge(2000);
    const first = find('s');
    reply(200);
    await first;
    clock.advance(2000);
    const ended = find('s');
    reply(401);
    expect(await ended).toMatchObject({ code: 'token-invalid' });
    clock.advance(999);
    expect(find('s')).toMatchObject({ code: 'token-invalid' });
    clock.advance(1);
    const again = find('s');
    reply(200);
    expect(await again).toMatchObject({ user: 'alice' });
    expect(asked.length).toBe(3);
  });

  it('that cannot be asked about is not remembered as anything', async () => {
    const { asked, reply, find } = openBridge();
    const first = find('s');
    reply(500);
    expect(await first).toMatchObject({ code: 'session-unreachable', fields: ['retry-after', '1'] });
    find('s');
    expect(asked.length).toBe(2);
  });

  it('is told apart from every other', async () => {
    const { reply, find } = openBridge();
    const [alice, bob] = [find('a'), find('b')];
    reply(200, { sub: 'alice' });
    reply(200, { sub: 'bob' });
    expect([await alice, await bob]).toMatchObject([{ user: 'alice' }, { user: 'bob' }]);
    expect(find('a')).toMatchObject({ user: 'alice' });
  });
});

it('a flood of made-up cookies is 503 beyond 256 questions, and pushes no known session out', async () => {
  const { asked, reply, find } = openBridge();
  const alice = find('alice');
  reply(200);
  await alice;
  for (let round = 0; round < 30; round++) {
    const found = Array.from({ length: 300 }, (_, i) => find(`${round}-${i}`));
    expect(found.at(-1)).toMatchObject({ code: 'session-unreachable' });
    for (let i = 0; i < 256; i++) reply(401);
    await Promise.all(found);
  }
  expect(asked.length).toBe(1 + 30 * 256);
  expect(find('alice')).toMatchObject({ user: 'alice' });
});

it('an answer may say more than it is asked for', () => {
  const body = Buffer.from('{"sub":"Jörg 1","scopes":["a:b"],"roles":[],"email":"x"}');
  expect(parseWhoami(body)).toEqual({ user: 'Jörg 1', key: undefined, scopes: ['a:b'], roles: [] });
});
