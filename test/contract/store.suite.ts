import { describe, expect, it } from 'vitest';
import type { MoveEvidence } from '../../gateway/routing/move-evidence.ts';
import type { Hold, Move } from '../../gateway/routing/route.ts';
import { movesKept, type Store } from '../../gateway/store/store.ts';
import { describeComparisons } from './store-comparisons.suite.ts';
import { describeEvidence } from './store-evidence.suite.ts';
import { describeProgress } from './store-progress.suite.ts';

export type OpenStore = () => Promise<AsyncDisposable & { store: Store }>;

/** What every store does. `open` gives an empty one, and says how to end it. */
export function describeStore(kind: string, open: OpenStore): void {
  describe(`a store in ${kind}`, () => {
    it('is empty at first', async () => {
      await using opened = await open();
      expect(await opened.store.holds()).toEqual([]);
      expect(await opened.store.moves(10)).toEqual([]);
      expect(await opened.store.lastGood()).toBeUndefined();
    });

    it('gives back a hold as it was set, and one for a route', async () => {
      await using opened = await open();
      await opened.store.hold(hold({ reason: 'first' }));
      await opened.store.hold(hold({ until: 5000, released: 12.5, ramp }));
      await opened.store.hold(hold({ route: 'users' }));
      const held = await opened.store.holds();
      expect(held).toHaveLength(2);
      expect(held).toContainEqual(hold({ until: 5000, released: 12.5, ramp }));
      expect(held).toContainEqual(hold({ route: 'users' }));
    });

    it('forgets a hold that was released, and minds no release of what is not held', async () => {
      await using opened = await open();
      await opened.store.hold(hold());
      await opened.store.release('orders');
      await opened.store.release('never-held');
      expect(await opened.store.holds()).toEqual([]);
    });

    it('lets no hold and no release touch one that began later', async () => {
      await using opened = await open();
      await opened.store.hold(hold({ since: 2000, reason: 'newer' }));
      await opened.store.hold(hold({ since: 1999, reason: 'older' }));
      await opened.store.release('orders', 1999);
      expect(await opened.store.holds()).toEqual([hold({ since: 2000, reason: 'newer' })]);
      await opened.store.release('orders', 2000);
      expect(await opened.store.holds()).toEqual([]);
    });

    it('keeps text that no database likes', async () => {
      await using opened = await open();
      const reason = "'; DROP TABLE hold; -- $1 ? \u0000 \ud800 \u{1f600}";
      await opened.store.hold(hold({ reason }));
      const [kept] = await opened.store.holds();
      expect(kept?.reason).toContain("'; DROP TABLE hold; -- $1 ? ");
      expect(kept?.reason).toContain('\u{1f600}');
    });

    it('keeps the last trip of each route, whatever comes late, for 90 days', async () => {
      await using opened = await open();
      const { store } = opened;
      const day = 86_400_000;
      const trip = (route: string, at: number) => ({ route, at, reason: `errors; "quoted" → ${at}` });
      expect(await store.trips()).toEqual([]);
      await store.keepTrip(trip('orders', 100 * day));
      await store.keepTrip(trip('orders', 102 * day));
      await store.keepTrip(trip('orders', 101 * day));
      await store.keepTrip(trip('users', 103 * day));
      expect(await store.trips()).toEqual([trip('orders', 102 * day), trip('users', 103 * day)]);
      await store.keepTrip(trip('carts', 193 * day));
      expect(await store.trips()).toEqual([trip('users', 103 * day), trip('carts', 193 * day)]);
    });

    it('gives moves newest first, and no more than asked for', async () => {
      await using opened = await open();
      for (const id of ['a', 'b', 'c']) await opened.store.record(move(id));
      expect(await opened.store.moves(2)).toEqual([move('c'), move('b')]);
      expect(await opened.store.moves(0)).toEqual([]);
    });

    it('gives back what was known when a route moved', async () => {
      await using opened = await open();
      const known = { ...move('known'), evidence };
      await opened.store.record(known);
      await opened.store.record(move('unknown'));
      expect(await opened.store.moves(2)).toEqual([move('unknown'), known]);
    });

    it('records a move once, whatever is repeated', async () => {
      await using opened = await open();
      await opened.store.record(move('a'));
      await opened.store.record(move('a'));
      expect(await opened.store.moves(10)).toHaveLength(1);
    });

    describe('an edit that several gateways see', () => {
      const minute = 60_000;
      const edit = (id: string, facts: Partial<Move> = {}): Move => ({
        ...move(id),
        ...{ by: 'revision abc', reason: 'edited by hand' },
        ...facts,
      });
      const later = (ms: number) => ({ at: move('').at + ms });
      const idsOf = async (store: Store) => (await store.moves(100)).map(({ id }) => id).toSorted();

      it('is recorded once, also where they see it at the same moment', async () => {
        await using opened = await open();
        const { store } = opened;
        await Promise.all(['a', 'b', 'c'].map(id => store.recordEdit(edit(id))));
        await store.recordEdit(edit('d', later(9 * minute)));
        // One whose clock is behind.
        await store.recordEdit(edit('e', later(-minute)));
        expect(await store.moves(10)).toHaveLength(1);
      });

      it('is another one of another route, revision or place, and after ten minutes', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.recordEdit(edit('first'));
        await store.recordEdit(edit('route', { route: 'users' }));
        await store.recordEdit(edit('revision', { revision: 'def' }));
        await store.recordEdit(edit('to', { to: { stage: 'canary', percent: 5 } }));
        await store.recordEdit(edit('from', { from: { stage: 'legacy', percent: undefined } }));
        await store.recordEdit(edit('later', { ...later(10 * minute), route: 'users' }));
        expect(await idsOf(store)).toEqual(['first', 'from', 'later', 'revision', 'route', 'to']);
      });

      it('is another one once it was taken back', async () => {
        await using opened = await open();
        const { store } = opened;
        const { from, to } = move('');
        for (const [at, id] of ['there', 'back', 'again'].entries())
          await store.recordEdit(
            edit(id, { ...later(at), ...(id === 'back' ? { from: to, to: from } : {}) }),
          );
        expect(await idsOf(store)).toEqual(['again', 'back', 'there']);
      });

      it('is none where somebody made that move, whichever comes first', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.record(move('asked'));
        await store.recordEdit(edit('seen', later(minute)));
        await store.recordEdit(edit('seen-first', { route: 'users' }));
        await store.record({ ...move('asked-later'), route: 'users' });
        await store.recordEdit(edit('seen-last', { route: 'users' }));
        expect(await idsOf(store)).toEqual(['asked', 'asked-later']);
      });
    });

    it(`keeps the newest ${movesKept} moves`, async () => {
      await using opened = await open();
      const { store } = opened;
      const every = Array.from({ length: movesKept + 5 }, (_, at) => move(`move-${at}`));
      for (let at = 0; at < every.length; at += 250)
        await Promise.all(every.slice(at, at + 250).map(one => store.record(one)));
      const kept = await store.moves(movesKept * 2);
      expect(kept).toHaveLength(movesKept);
      expect(kept.at(-1)?.id).toBe('move-5');
    }, 60_000);

    it('keeps the last config that was good, text as it was', async () => {
      await using opened = await open();
      const config = {
        at: 1,
        hash: 'a',
        main: 'routes.yaml',
        files: [{ file: 'routes.yaml', text: 'k: ${A}\n' }],
      };
      await opened.store.keepLastGood({ ...config, hash: 'old' });
      await opened.store.keepLastGood(config);
      expect(await opened.store.lastGood()).toEqual(config);
    });

    it('says how it is', async () => {
      await using opened = await open();
      await opened.store.holds();
      expect(opened.store.status()).toMatchObject({ isAway: false });
    });

    it('rejects after it was closed', async () => {
      await using opened = await open();
      await opened.store.holds();
      await opened.store.close();
      await opened.store.close();
      await expect(opened.store.holds()).rejects.toThrow('it was closed');
    });
  });

  describe(`evidence in ${kind}`, () => describeEvidence(open));
  describe(`comparisons in ${kind}`, () => describeComparisons(open));
  describe(`progress in ${kind}`, () => describeProgress(open));
}

const ramp = { steps: [50, 100], every: 600_000, nextAt: 9000, by: 'alice', reason: 'fixed' };

export const hold = (facts: Partial<Hold> = {}): Hold => ({
  route: 'orders',
  by: 'alice',
  reason: 'wrong totals; "quoted" → ok',
  since: 1000,
  until: undefined,
  released: 0,
  ...facts,
});

const evidence: MoveEvidence = {
  gate: 'ready',
  isOpen: false,
  reasons: ['1,240 more distinct requests; "quoted" → ok'],
  unverified: ['POST'],
  verdict: {
    ...{ state: 'pending', n: 12, bad: 1, matchRate: 0.9166 },
    parts: [{ method: 'GET', entry: 'GET /orders/:id', state: 'pending', n: 12, bad: 1, share: 1 }],
  },
  leftovers: { since: 1000, lastAt: null, quiet: 1_209_600_000 },
};

export const move = (id: string): Move => ({
  id,
  at: 1_700_000_000_000,
  route: 'orders',
  from: { stage: 'shadow', percent: undefined },
  to: { stage: 'canary', percent: 2.5 },
  by: 'alice',
  reason: 'ready',
  revision: 'abc',
  ungated: true,
});
