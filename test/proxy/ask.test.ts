import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../gateway/core/clock.ts';
import { createAsk } from '../../gateway/proxy/ask.ts';
import { eventually, upstreamAt } from '../kit/proxy-rig.ts';
import { always, answerOf, openScripted, type Script } from '../kit/scripted-upstream.ts';

async function openRig(script: Script) {
  const scripted = await openScripted(script);
  const upstream = upstreamAt(scripted.origin);
  const ask = createAsk({ clock: systemClock, upstream: name => (name === 'legacy' ? upstream : undefined) });
  return {
    scripted,
    upstream,
    ask: (timeout = 2000, name = 'legacy') =>
      ask(name, { path: '/whoami', fields: ['cookie', 'sid=1'], timeout }),
    async [Symbol.asyncDispose]() {
      await scripted.close();
      // A test may have closed it.
      await upstream.close().catch(() => undefined);
    },
  };
}

const hello = answerOf(200, [], 'hello');

describe('a question to an upstream', () => {
  it('is a GET with its own Host and the given fields, and no permit is taken for it', async () => {
    await using rig = await openRig(always(hello));
    expect(await rig.ask()).toEqual({ status: 200, body: Buffer.from('hello') });
    const head = rig.scripted.heads[0] ?? '';
    expect(head.split('\r\n').filter(line => !/^connection/i.test(line))).toEqual([
      ...[
        'GET /whoami HTTP/1.1',
        `host: ${new URL(rig.scripted.origin).host}`,
        'via: 1.1 figway',
        'cookie: sid=1',
      ],
      ...['', ''],
    ]);
    expect(rig.upstream.ends).toEqual([]);
  });

  it.each([
    ['refuses', undefined, /ECONNREFUSED|connect/],
    ['closes', (_: string, { socket }) => void socket.destroy(), /./],
    ['does not speak HTTP', always('SSH-2.0\r\n\r\n'), /./],
    ['says more than 64 KiB', always(answerOf(200, [], 'x'.repeat(64 * 1024 + 1))), /more than 65536 bytes/],
    [
      'breaks off',
      (_: string, { socket }) => void socket.end('HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nabc'),
      /./,
    ],
    ['changes protocols', always('HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'), /./],
  ] satisfies [string, Script | undefined, RegExp][])('has no answer where it %s', async (_, script, why) => {
    await using rig = await openRig(script ?? always(hello));
    if (script === undefined) await rig.scripted.close();
    expect(await rig.ask()).toMatchObject({ why: expect.stringMatching(why) });
  });

  it('has no answer where it drips: the time is for all of it, and the connection is closed', async () => {
    await using rig = await openRig(
      (_, { socket }) => void socket.write('HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nabc'),
    );
    expect(await rig.ask(100)).toMatchObject({ why: 'no whole answer within 100 ms' });
    await eventually(
      () => rig.scripted.connections[0]?.socket.destroyed === true,
      'the end of the connection',
    );
  });

  it('is asked once more, on a new connection, where an idle one was closed at that moment', async () => {
    let answers = 0;
    await using rig = await openRig((_, { socket }) => {
      answers++;
      if (answers === 2) socket.destroy();
      else socket.write(hello);
    });
    await rig.ask();
    // Until then the connection is not idle yet.
    await nextTurn();
    expect(await rig.ask()).toMatchObject({ status: 200 });
    expect([answers, rig.scripted.connections.length]).toEqual([3, 2]);
  });

  it('has no answer where nobody has that name', async () => {
    await using rig = await openRig(always(hello));
    expect(await rig.ask(1000, 'gone')).toMatchObject({ why: 'it is not in use' });
  });

  it('has no answer over a transport that is closed', async () => {
    await using rig = await openRig(always(hello));
    await rig.upstream.close();
    expect(await rig.ask()).toMatchObject({ why: expect.any(String) });
  });
});
