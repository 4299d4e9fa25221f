import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kinds, names, openKinds } from './kinds.ts';

let kinds: Kinds;
beforeAll(async () => {
  kinds = await openKinds();
}, 60_000);
afterAll(() => kinds[Symbol.asyncDispose]());

it.each(names)(
  'random and mutated %s crash nothing, hang nothing, and are never our own failure',
  {
    timeout: 60_000,
  },
  async name => {
    const kind = kinds.all.find(one => one.name === name);
    const round = await kind?.round({ seed: 1, runs: 400, milliseconds: 5000 });
    expect(round?.failure).toBeUndefined();
    expect(round?.runs).toBeGreaterThan(20);
    await kinds.target.expectAlive();
  },
);
