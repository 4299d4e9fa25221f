import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createEvents } from '../../../gateway/core/events.ts';
import type { RedisListener } from '../../../gateway/edge/limit/redis.ts';
import { openSharedCounts } from '../../../gateway/edge/limit/shared-counts.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

/** A Redis that does as it is told. */
function openRig() {
  const clock = createManualClock();
  const events = createEvents();
  const told: string[] = [];
  events.on('limits-degraded', ({ reason }) => told.push(`degraded: ${reason}`));
  events.on('limits-restored', () => told.push('restored'));
  const commands: { keys: readonly string[]; args: readonly string[] }[] = [];
  const redis = {
    isReady: false,
    isClosed: false,
    answer: (args: readonly string[]): Promise<unknown> =>
      Promise.resolve(args.map((arg, i) => (i % 2 === 0 ? Number(arg) + 10 : Number(arg) - 5))),
    run(keys: readonly string[], args: readonly string[]) {
      commands.push({ keys, args });
      return redis.answer(args);
    },
    close() {
      redis.isClosed = true;
    },
  };
  let listener: RedisListener | undefined;
  const shared = openSharedCounts({
    events,
    clock,
    open: given => {
      listener = given;
      return redis;
    },
  });
  const connect = async (): Promise<void> => {
    redis.isReady = true;
    listener?.ready();
    await nextTurn();
  };
  const lose = (reason: string): void => {
    redis.isReady = false;
    listener?.lost(reason);
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await nextTurn();
    await nextTurn();
  };
  const heard: number[] = [];
  const toKey = (key: string, window = 1000) => ({
    key,
    window,
    heard: ({ totalHits }: { totalHits: number }) => void heard.push(totalHits),
  });
  const ask = (key: string, window?: number) => shared.ask(toKey(key, window));
  const tell = (key: string, hits?: number) => shared.tell(toKey(key), hits);
  return { clock, told, commands, redis, shared, connect, lose, pass, ask, tell, heard };
}

describe('shared counts', () => {
  it('are up once a connection has counted, and say nothing of it', async () => {
    const { shared, told, connect } = openRig();
    expect([shared.isUp, shared.detail]).toEqual([false, 'not connected yet']);
    await connect();
    await shared.ready;
    expect([shared.isUp, shared.detail, told]).toEqual([true, '', []]);
  });

  it('send the hits of one turn as one command, those of one key as one amount', async () => {
    const { ask, commands, connect, clock, heard } = openRig();
    await connect();
    commands.length = 0;
    const counts = await Promise.all([ask('a'), ask('b', 2000), ask('a')]);
    expect(commands).toEqual([{ keys: ['a', 'b'], args: ['2', '1000', '1', '2000'] }]);
    expect(counts.map(count => count?.totalHits)).toEqual([11, 11, 12]);
    expect(heard).toEqual([12, 11]);
    expect(counts.map(count => (count?.resetAt ?? 0) - clock.now())).toEqual([995, 1995, 995]);
  });

  it('answer nobody later than 25 ms, and then are asked no more', async () => {
    const { shared, ask, told, connect, redis, pass } = openRig();
    await connect();
    redis.answer = () => new Promise(() => {});
    const asked = ask('a');
    await nextTurn();
    await pass(24);
    expect(shared.isUp).toBe(true);
    await pass(1);
    expect(await asked).toBeUndefined();
    expect([shared.isUp, told]).toEqual([false, ['degraded: no answer within 25 ms']]);
  });

  it('come back when Redis answers in time again, and say both once', async () => {
    const { shared, ask, told, commands, connect, redis, pass } = openRig();
    await connect();
    const { answer } = redis;
    redis.answer = () => Promise.reject(new Error('OOM command not allowed'));
    expect(await ask('a')).toBeUndefined();
    for (let i = 0; i < 8; i++) await pass(250);
    expect(told).toEqual(['degraded: OOM command not allowed']);
    redis.answer = answer;
    commands.length = 0;
    await pass(250);
    expect([shared.isUp, told.at(-1), told.length]).toEqual([true, 'restored', 2]);
    await pass(5000);
    expect(commands.length).toBe(1);
  });

  it('while slow are told all the same, one command at a time, and hear late answers', async () => {
    const { shared, ask, tell, heard, commands, connect, redis, pass } = openRig();
    await connect();
    const { answer } = redis;
    const late: (() => void)[] = [];
    redis.answer = args =>
      new Promise(resolve => {
        late.push(() => resolve(answer(args)));
      });
    const asked = ask('a');
    await nextTurn();
    await pass(25);
    expect(await asked).toBeUndefined();
    commands.length = 0;
    tell('a');
    tell('a');
    tell('b');
    await pass(500);
    expect(commands).toEqual([]);
    late.shift()?.();
    await nextTurn();
    expect([commands, heard]).toEqual([[{ keys: ['a', 'b'], args: ['2', '1000', '1', '1000'] }], [11]]);
    tell('a', -1);
    await pass(500);
    expect([shared.isUp, commands.length]).toEqual([false, 1]);
    redis.answer = answer;
    late.shift()?.();
    await nextTurn();
    expect([shared.isUp, heard]).toEqual([true, [11, 12, 11, 9]]);
    expect(commands.at(-1)).toEqual({ keys: ['a'], args: ['-1', '1000'] });
  });

  it('send what was told while they were slow as soon as they are not', async () => {
    const { shared, ask, tell, commands, connect, redis, pass } = openRig();
    await connect();
    const { answer } = redis;
    redis.answer = () => Promise.reject(new Error('OOM command not allowed'));
    await ask('a');
    let resolve = (): void => {};
    redis.answer = args =>
      new Promise(done => {
        resolve = () => done(answer(args));
      });
    await pass(250);
    tell('b');
    commands.length = 0;
    resolve();
    await nextTurn();
    await nextTurn();
    expect([shared.isUp, commands.map(({ keys }) => keys)]).toEqual([true, [['b']]]);
  });

  it('wait for an answer that came while this process was busy', async () => {
    const { shared, ask, connect, clock, redis } = openRig();
    await connect();
    const { promise, resolve } = Promise.withResolvers();
    redis.answer = () => promise;
    const asked = ask('a');
    await nextTurn();
    clock.advance(1000);
    resolve([11, 995]);
    expect((await asked)?.totalHits).toBe(11);
    await nextTurn();
    expect(shared.isUp).toBe(true);
  });

  it('forget what cannot be told', async () => {
    const { ask, tell, lose, connect, commands, redis } = openRig();
    await connect();
    const { answer } = redis;
    redis.answer = () => Promise.reject(new Error('OOM command not allowed'));
    await ask('a');
    tell('a');
    lose('Socket closed unexpectedly');
    tell('a');
    redis.answer = answer;
    commands.length = 0;
    await connect();
    expect(commands.map(({ keys }) => keys)).toEqual([['figway:limit:probe']]);
  });

  it('go down with the connection, without waiting for a deadline', async () => {
    const { shared, told, connect, lose } = openRig();
    await connect();
    lose('Socket closed unexpectedly');
    lose('connect ECONNREFUSED');
    expect([shared.isUp, shared.detail]).toEqual([false, 'connect ECONNREFUSED']);
    expect(told).toEqual(['degraded: Socket closed unexpectedly']);
    await connect();
    expect([shared.isUp, told.at(-1)]).toEqual([true, 'restored']);
  });

  it('let a start go on after a second without a connection', async () => {
    const { shared, told, clock } = openRig();
    clock.advance(1000);
    await shared.ready;
    expect([shared.isUp, told]).toEqual([false, ['degraded: not connected yet']]);
  });

  it('close with nothing left to come', async () => {
    const { shared, told, clock, redis, connect } = openRig();
    await connect();
    shared.close();
    expect([redis.isClosed, clock.pending(), told]).toEqual([true, 0, []]);
  });
});
