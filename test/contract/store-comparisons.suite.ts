import { expect, it } from 'vitest';
import type { ComparisonQuery, KeptComparison } from '../../gateway/compare/kept.ts';
import type { Store } from '../../gateway/store/store.ts';
import type { OpenStore } from './store.suite.ts';

const now = Date.now();

export function describeComparisons(open: OpenStore): void {
  it('gives back a comparison as it was kept, and none for an id that nothing has', async () => {
    await using opened = await open();
    const { store } = opened;
    const whole = comparison('a', {
      target: '/orders/42?full=1',
      detail: 'reset "by" peer → \u0000',
      differences: [
        {
          path: '$.total',
          kind: 'value',
          legacy: '10.00',
          service: { nested: [1, null] },
          classes: { legacy: 'text', service: 'object' },
          signature: 's1',
        },
      ],
    });
    await store.keepComparisons([whole, comparison('b')]);
    expect(await store.comparison('a')).toEqual(whole);
    expect(await store.comparison('c')).toBeUndefined();
  });

  it('keeps a comparison once, whatever is repeated', async () => {
    await using opened = await open();
    await opened.store.keepComparisons([comparison('a', { signatures: ['s', 's'] })]);
    await opened.store.keepComparisons([comparison('a', { signatures: ['s', 's'] })]);
    expect(await idsOf(opened.store, { signature: 's' })).toEqual(['a']);
  });

  it('lists those of a route newest first, by outcome, by signature, and by both', async () => {
    await using opened = await open();
    const { store } = opened;
    const long = '$.very'.repeat(2000);
    await store.keepComparisons([
      comparison('a', { at: now - 4 }),
      comparison('b', { at: now - 2, outcome: 'service-failed', signatures: ['s1', long] }),
      comparison('c', { at: now - 3, signatures: ['s1'] }),
      comparison('d', { at: now - 1, route: 'users', signatures: ['s1'] }),
    ]);
    expect(await idsOf(store, {})).toEqual(['b', 'c', 'a']);
    expect(await idsOf(store, { outcome: 'mismatch' })).toEqual(['c', 'a']);
    expect(await idsOf(store, { signature: 's1' })).toEqual(['b', 'c']);
    expect(await idsOf(store, { signature: long })).toEqual(['b']);
    expect(await idsOf(store, { signature: 's1', outcome: 'mismatch' })).toEqual(['c']);
    expect(await idsOf(store, { route: 'unknown' })).toEqual([]);
  });

  it('goes through pages that new comparisons do not shift, also within one millisecond', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.keepComparisons(Array.from({ length: 7 }, (_, at) => comparison(`old-${at}`, { at: now })));
    const first = await store.comparisons({ route: 'orders', limit: 3 });
    await store.keepComparisons([comparison('new', { at: now }), comparison('newer', { at: now + 1 })]);
    const second = await store.comparisons({ route: 'orders', limit: 3, cursor: first.cursor });
    const third = await store.comparisons({ route: 'orders', limit: 3, cursor: second.cursor });
    const ids = [first, second, third].map(page => page.comparisons.map(({ id }) => id));
    expect(ids).toEqual([['old-6', 'old-5', 'old-4'], ['old-3', 'old-2', 'old-1'], ['old-0']]);
    expect(third.cursor).toBeUndefined();
  });

  it('gives no cursor where a page ends exactly with the last', async () => {
    await using opened = await open();
    await opened.store.keepComparisons([comparison('a'), comparison('b')]);
    const page = await opened.store.comparisons({ route: 'orders', limit: 2 });
    expect([page.comparisons.length, page.cursor]).toEqual([2, undefined]);
  });

  it('ends a page after 4 MiB, and goes on with the next', async () => {
    await using opened = await open();
    const { store } = opened;
    const big = 'x'.repeat(900_000);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f'])
      await store.keepComparisons([comparison(id, { detail: big })]);
    const page = await store.comparisons({ route: 'orders', limit: 200 });
    expect(page.comparisons.map(({ id }) => id)).toEqual(['f', 'e', 'd', 'c']);
    const next = await store.comparisons({ route: 'orders', limit: 200, cursor: page.cursor });
    expect(next.comparisons.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(next.cursor).toBeUndefined();
  });

  it('refuses what is beyond a bound, and is not away for that', async () => {
    await using opened = await open();
    const { store } = opened;
    const query = { route: 'orders', limit: 10 };
    await expect(store.comparisons({ ...query, limit: 0 })).rejects.toThrow('expected 1 to 200, got 0');
    await expect(store.comparisons({ ...query, limit: 201 })).rejects.toThrow('at most 200, got 201');
    await expect(store.comparisons({ ...query, cursor: "1' OR 1" })).rejects.toThrow(RangeError);
    const huge = comparison('a', { detail: 'x'.repeat(2 ** 20) });
    await expect(store.keepComparisons([huge])).rejects.toThrow(/comparison a: at most 1048576, got \d+/);
    expect(store.status().isAway).toBe(false);
  });

  it('takes out what is too old, and the oldest of what is too much, route by route', async () => {
    await using opened = await open();
    const { store } = opened;
    const many = Array.from({ length: 10 }, (_, at) =>
      comparison(`c-${at}`, { at: now + at, signatures: ['s'] }),
    );
    await store.keepComparisons([...many, comparison('other', { route: 'users', at: now - 5 })]);
    const bytes = Buffer.byteLength(JSON.stringify(many[0]));
    await store.pruneComparisons([
      { route: 'orders', before: now + 2, bytes: 2 ** 30 },
      { route: 'users', before: 0, bytes: 2 ** 30 },
    ]);
    expect(await idsOf(store, {})).toEqual(
      many
        .slice(2)
        .map(({ id }) => id)
        .reverse(),
    );
    await store.pruneComparisons([{ route: 'orders', before: 0, bytes: bytes * 3 }]);
    expect(await idsOf(store, { signature: 's' })).toEqual(['c-9', 'c-8', 'c-7']);
    expect(await idsOf(store, { route: 'users' })).toEqual(['other']);
  });

  it('takes out thousands in one go', async () => {
    await using opened = await open();
    const { store } = opened;
    const many = Array.from({ length: 4100 }, (_, at) => comparison(`c-${at}`, { at: now + at }));
    for (let at = 0; at < many.length; at += 500) await store.keepComparisons(many.slice(at, at + 500));
    await store.pruneComparisons([{ route: 'orders', before: now + 4099, bytes: 2 ** 30 }]);
    expect(await idsOf(store, {})).toEqual(['c-4099']);
  });

  it('takes out those of routes that no rule names after 30 days', async () => {
    await using opened = await open();
    const { store } = opened;
    const day = 86_400_000;
    await store.keepComparisons([
      comparison('old', { route: 'gone', at: now - 31 * day }),
      comparison('young', { route: 'gone', at: now - 29 * day }),
      comparison('named', { at: now - 31 * day }),
    ]);
    await store.pruneComparisons([{ route: 'orders', before: 0, bytes: 2 ** 30 }]);
    expect(await idsOf(store, { route: 'gone' })).toEqual(['young']);
    expect(await idsOf(store, {})).toEqual(['named']);
  });
}

async function idsOf(store: Store, query: Partial<ComparisonQuery>): Promise<string[]> {
  const page = await store.comparisons({ route: 'orders', limit: 200, ...query });
  return page.comparisons.map(({ id }) => id);
}

export const comparison = (id: string, facts: Partial<KeptComparison> = {}): KeptComparison => ({
  id,
  at: now,
  route: 'orders',
  method: 'GET',
  entry: 0,
  template: '/orders/:id',
  requestId: `request-of-${id}`,
  outcome: 'mismatch',
  sides: { legacy: { status: 200, ms: 12.5, bytes: 10 }, service: { status: 200, ms: 8.25, bytes: 11 } },
  differences: [],
  signatures: [],
  revision: 'build-7',
  ...facts,
});
