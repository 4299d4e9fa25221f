import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { AdminDeps } from '../../gateway/admin/deps.ts';
import { createEvidence } from '../../gateway/compare/epochs.ts';
import type { KeptComparison } from '../../gateway/compare/kept.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { makeToken, openAdminApp } from '../kit/admin.ts';
import { mismatch, settings, start, trial, wrongTotal } from '../kit/trials.ts';

const kept = (id: string, more: Partial<KeptComparison> = {}): KeptComparison => ({
  ...{ id, at: start, route: 'orders-read', method: 'GET', entry: 0, template: '/nowhere/:id' },
  ...{ requestId: 'r', outcome: 'mismatch', signatures: [wrongTotal], revision: 'build-7' },
  sides: { legacy: { status: 200, ms: 12, bytes: 3 }, service: { status: 404, ms: 9, bytes: 3 } },
  differences: [
    {
      ...{ path: '$.total', kind: 'value', legacy: 1, service: 2, signature: wrongTotal },
      classes: { legacy: 'number', service: 'number' },
    },
  ],
  ...more,
});

const other = '$.name value text:text';

async function openStage(overrides: Partial<AdminDeps> = {}) {
  const store = Object.assign(createMemoryStore(), {
    status: () => ({ kind: 'sqlite', isAway: false, detail: '' }) as const,
  });
  await store.keepComparisons([
    kept('a'),
    kept('b', { at: start + 1000, outcome: 'service-failed', detail: 'refused', sides: {}, signatures: [] }),
    kept('c', { at: start + 2000 }),
    kept('x', { route: 'users', target: '/users/1' }),
  ]);
  const evidence = createEvidence();
  const key = { route: 'orders-read' };
  for (let at = 0; at < 20; at++)
    evidence.record(mismatch([wrongTotal, other], { key, fingerprint: `m${at}`, id: `e${at}` }), settings);
  for (let at = 0; at < 60; at++) evidence.record(trial({ key, fingerprint: `g${at}` }), settings);
  return openAdminApp({ store, evidence, ...overrides });
}

describe('/api/routes/:id/comparisons', () => {
  it('gives what is kept, newest first, page by page', async () => {
    using opened = await openStage();
    const path = '/api/routes/orders-read/comparisons';
    const first = await request(opened.app).get(path).query({ limit: 2 }).expect(200);
    expect(first.body.comparisons).toMatchObject([{ id: 'c' }, { id: 'b' }]);
    const { cursor } = first.body;
    const second = await request(opened.app).get(path).query({ limit: 2, cursor }).expect(200);
    expect(second.body).toEqual({
      comparisons: [
        {
          ...{ id: 'a', at: '2026-01-01T00:00:00.000Z', route: 'orders-read', method: 'GET' },
          ...{ entry: 'GET /nowhere/:id', template: '/nowhere/:id', target: null, outcome: 'mismatch' },
          ...{ skip: null, detail: null, statuses: { legacy: 200, service: 404 } },
          ...{ ms: { legacy: 12, service: 9 }, signatures: [wrongTotal], revision: 'build-7' },
        },
      ],
      cursor: null,
    });
  });

  it('asks for an outcome or a signature', async () => {
    using opened = await openStage();
    const ask = async (query: object) => {
      const { body } = await request(opened.app).get('/api/routes/orders-read/comparisons').query(query);
      return body.comparisons?.map(({ id }: { id: string }) => id) ?? body.code;
    };
    expect(await ask({ outcome: 'service-failed' })).toEqual(['b']);
    expect(await ask({ signature: wrongTotal })).toEqual(['c', 'a']);
    expect(await ask({ outcome: 'wrong' })).toBe('bad-request');
    expect(await ask({ cursor: 'made up' })).toBe('bad-request');
    expect(await ask({ limit: 201 })).toBe('bad-request');
    await request(opened.app).get('/api/routes/nothing/comparisons').expect(404);
  });
});

describe('/api/comparisons/:id', () => {
  it('gives both sides and what differs', async () => {
    using opened = await openStage();
    const { body } = await request(opened.app).get('/api/comparisons/a').expect(200);
    expect(body).toMatchObject({
      ...{ id: 'a', sides: { legacy: { status: 200, ms: 12, bytes: 3 }, service: { status: 404 } } },
    });
    expect(body.differences).toEqual([
      { path: '$.total', kind: 'value', legacy: 1, service: 2, signature: wrongTotal },
    ]);
    await request(opened.app).get('/api/comparisons/nothing').expect(404);
  });
});

describe('/api/routes/:id/differences', () => {
  it('gives signatures with their share, and one group to those that overlap', async () => {
    using opened = await openStage();
    const { body } = await request(opened.app).get('/api/routes/orders-read/differences').expect(200);
    expect(body.differences).toHaveLength(2);
    const [one, two] = body.differences;
    expect(one).toMatchObject({
      ...{ method: 'GET', state: 'open', count: 20, distinct: 20, share: 0.25 },
      firstSeen: '2026-01-01T00:00:00.000Z',
    });
    expect(one.group).toBe(two.group);
    expect(typeof one.entry).toBe('string');
  });

  it('takes the word of an operator that legacy is wrong, and takes it back', async () => {
    using opened = await openStage();
    const path = '/api/routes/orders-read/differences';
    const mark = (state: string, signature = wrongTotal) =>
      request(opened.app).post(path).send({ signature, state, reason: 'rounds wrongly since 2009' });
    await mark('legacy-bug').expect(200);
    const stateOf = async () => {
      const { body } = await request(opened.app).get(path);
      const { state, note } = body.differences.find(
        (row: { signature: string }) => row.signature === wrongTotal,
      );
      return [state, note];
    };
    expect(await stateOf()).toEqual(['legacy-bug', 'rounds wrongly since 2009 (loopback)']);
    await mark('open').expect(200);
    expect(await stateOf()).toEqual(['open', '']);
    await mark('legacy-bug', 'nothing').expect(404);
    await mark('fine').expect(400);
  });
});

it('a token sees comparisons and differences of its routes alone, and a viewer marks nothing', async () => {
  const viewer = makeToken('vera', 'viewer', ['users']);
  const operator = makeToken('olga', 'operator', ['orders-*']);
  const tokens = [viewer.entry, operator.entry];
  using opened = await openStage({ settings: () => ({ tokens, hosts: [] }) });
  const get = (path: string, { header }: { header: string }) =>
    request(opened.app).get(path).set('authorization', header);
  const mark = (route: string, { header }: { header: string }) =>
    request(opened.app)
      .post(`/api/routes/${route}/differences`)
      .set('authorization', header)
      .send({ signature: wrongTotal, state: 'legacy-bug', reason: 'known' });
  await get('/api/routes/users/comparisons', viewer).expect(200);
  await get('/api/comparisons/x', viewer).expect(200);
  await get('/api/comparisons/a', viewer).expect(403);
  await get('/api/routes/orders-read/comparisons', viewer).expect(403);
  await get('/api/routes/orders-read/differences', viewer).expect(403);
  await get('/api/routes/orders-read/differences', operator).expect(200);
  await mark('users', viewer).expect(403);
  await mark('users', operator).expect(403);
  await mark('orders-read', operator).expect(200);
});
