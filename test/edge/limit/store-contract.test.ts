import express from 'express';
import { rateLimit, type Store } from 'express-rate-limit';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../gateway/core/clock.ts';
import { createEvents } from '../../../gateway/core/events.ts';
import { createMemoryStore } from '../../../gateway/edge/limit/memory-store.ts';
import { openRedis } from '../../../gateway/edge/limit/redis.ts';
import { addHits, openSharedCounts, type SharedCounts } from '../../../gateway/edge/limit/shared-counts.ts';
import { createSharedStore } from '../../../gateway/edge/limit/shared-store.ts';
import { isMissing, openRedisServer, type RedisServer } from '../../kit/services.ts';

const rate = { requests: 3, window: 60_000 };
const memory = () => createMemoryStore(rate, { used: 0, max: 1000 }, systemClock);

/** The same for every store: the library's own middleware counts with it. */
const keepsTheContract = (open: () => Store): void => {
  it("limits under the library's own middleware, and says when the window ends", async () => {
    const limiter = rateLimit({
      windowMs: rate.window,
      limit: rate.requests,
      store: open(),
      legacyHeaders: true,
      standardHeaders: 'draft-7',
      keyGenerator: req => String(req.headers['x-client']),
    });
    const app = express()
      .use(limiter)
      .get('/', (_req, res) => void res.end('ok'));
    const ask = (client: string) => request(app).get('/').set('x-client', client);
    for (const status of [200, 200, 200, 429]) expect((await ask('a')).status).toBe(status);
    const other = await ask('b');
    expect([other.status, other.headers.ratelimit]).toEqual([200, 'limit=3, remaining=2, reset=60']);
    limiter.resetKey('a');
    await expect.poll(async () => (await limiter.getKey('a'))?.totalHits).toBeUndefined();
    expect((await ask('a')).headers.ratelimit).toBe('limit=3, remaining=2, reset=60');
  });

  it('takes a hit back', async () => {
    const store = open();
    await store.increment('x');
    await store.increment('x');
    await store.decrement('x');
    expect((await store.increment('x')).totalHits).toBe(2);
  });
};

describe('the memory store', () => keepsTheContract(memory));

describe.skipIf(isMissing('redis'))('the shared store', () => {
  let redis: RedisServer;
  let shared: SharedCounts;

  beforeAll(async () => {
    redis = await openRedisServer();
    shared = openSharedCounts({
      events: createEvents(),
      clock: systemClock,
      open: listener => openRedis(redis.url, addHits, listener),
    });
    await shared.ready;
  });

  afterAll(async () => {
    shared.close();
    await redis[Symbol.asyncDispose]();
  });

  let at = 0;
  keepsTheContract(() =>
    createSharedStore({ rate, prefix: `test ${at++}:`, memory: memory(), shared, clock: systemClock }),
  );

  it('counts with another process, in its window', async () => {
    const open = () =>
      createSharedStore({ rate, prefix: 'both:', memory: memory(), shared, clock: systemClock });
    const [one, other] = [open(), open()];
    const first = await one.increment('a');
    const second = await other.increment('a');
    expect([first.totalHits, second.totalHits]).toEqual([1, 2]);
    expect(Math.abs(first.resetAt - second.resetAt)).toBeLessThan(100);
  });

  it('gives each of many hits in one turn its own number', async () => {
    const store = createSharedStore({
      rate: { requests: 1000, window: 60_000 },
      prefix: 'turn:',
      memory: memory(),
      shared,
      clock: systemClock,
    });
    const counts = await Promise.all(Array.from({ length: 50 }, async () => store.increment('a')));
    expect(counts.map(count => count.totalHits)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('asks no more about a key that is over its limit', async () => {
    const store = createSharedStore({ rate, prefix: 'over:', memory: memory(), shared, clock: systemClock });
    for (let i = 0; i < 3; i++) await store.increment('a');
    expect(store.increment('a')).not.toBeInstanceOf(Promise);
    expect(await redis.command('INCRBY over:a 0')).toBe(':3');
  });

  it('goes on when Redis has lost its scripts', async () => {
    const store = createSharedStore({
      rate,
      prefix: 'script:',
      memory: memory(),
      shared,
      clock: systemClock,
    });
    await store.increment('a');
    expect(await redis.command('SCRIPT FLUSH')).toBe('+OK');
    expect((await store.increment('a')).totalHits).toBe(2);
    expect(shared.isUp).toBe(true);
  });
});
