import { randomUUID } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { awaitOutcomes, countsOf } from '../kit/outcomes.ts';
import { openWorld } from '../kit/world.ts';

const table = (compare: string): string => `
monolith: legacy
log: { level: debug }
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  orders:
    match: [GET /orders/:id]
    service: orders
    stage: shadow
    data: synced
    by: [ip]
    percent: 1
    compare: { ${compare} }
`;

/** An order as both sides tell it: when it was asked and under which number differ by themselves, from call to call. */
const order = (id: number, total: number): object => ({
  id,
  total: total.toFixed(2),
  answeredAt: new Date().toISOString(),
  requestId: randomUUID(),
  lines: [{ sku: `sku-${id % 7}`, quantity: 1 + (id % 3) }],
});

const give = (res: ServerResponse, body: unknown): void => {
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify(body));
};

const idOf = (url = ''): number => Number(url.split('/').at(-1));

/** What its tax rounds to; the service rounds one order in 400 the other way. */
const legacy: RequestListener = (req, res) => give(res, order(idOf(req.url), idOf(req.url) / 100));
const roundsOtherwise: RequestListener = (req, res) => {
  const id = idOf(req.url);
  give(res, order(id, id / 100 + (id % 400 === 7 ? 0.01 : 0)));
};

interface Signature {
  readonly path: string;
  readonly kind: string;
  readonly state: string;
  readonly distinct: number;
  readonly examples: readonly string[];
}

/** An example is written down within a second of its being named. */
async function json<T>(url: string): Promise<T> {
  await expect.poll(async () => (await fetch(url)).status, { message: url }).toBe(200);
  const answer = await fetch(url);
  return (await answer.json()) as T;
}

/** One order after another, a few at a time. */
async function ask(url: string, ids: readonly number[]): Promise<void> {
  for (let at = 0; at < ids.length; at += 8)
    await Promise.all(
      ids.slice(at, at + 8).map(async id => (await fetch(`${url}/orders/${id}`)).arrayBuffer()),
    );
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** Asks slowly until what drifts by itself has shown itself twice, then for all the rest. */
async function gather(
  world: { url: string; adminUrl: string; log: readonly string[] },
  count: number,
): Promise<Signature[]> {
  const differences = async (): Promise<Signature[]> =>
    (await json<{ differences: Signature[] }>(`${world.adminUrl}/api/routes/orders/differences`)).differences;
  let next = 1000;
  await expect
    .poll(
      async () => {
        await ask(world.url, [next++]);
        return (await differences()).filter(({ state }) => state === 'noise').map(({ path }) => path);
      },
      { timeout: 15_000, interval: 300 },
    )
    .toEqual(expect.arrayContaining(['$.answeredAt', '$.requestId']));
  // No more at once than are compared at once: one that is skipped for overload could be the one that differs.
  for (let from = next; from < 1000 + count; from += 48) {
    const to = Math.min(from + 48, 1000 + count);
    await ask(world.url, range(from, to));
    await awaitOutcomes(world, to - 1000);
  }
  return differences();
}

const rules = 'span: 0s, maxMismatch: 1%, concurrency: 64, reask: { share: 100% }';

describe('a service that rounds one order in 400 otherwise', () => {
  it('is found out, grouped, shown side by side, and keeps its route from being promoted', async () => {
    await using world = await openWorld(table(rules), { legacy, orders: roundsOtherwise });
    const differences = await gather(world, 1700);
    const [total, ...others] = differences.filter(({ state }) => state === 'open');
    expect(others).toEqual([]);
    // 1007 is none of them; 1207, 1607, 2007 and 2407 are.
    expect(total).toMatchObject({ path: '$.total', kind: 'value', distinct: 4 });

    const shown = await json<{ differences: { path: string; legacy: unknown; service: unknown }[] }>(
      `${world.adminUrl}/api/comparisons/${total?.examples.at(-1)}`,
    );
    const found = shown.differences.find(({ path }) => path === '$.total');
    expect(Number(found?.service) - Number(found?.legacy)).toBeCloseTo(0.01);

    const refused = await fetch(`${world.adminUrl}/api/routes/orders/stage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ stage: 'canary', reason: 'looks fine' }),
    });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('$.total');
  }, 60_000);
});

describe('a service that differs in nothing but what differs by itself', () => {
  it('is ready, and its route is promoted', async () => {
    await using world = await openWorld(table(rules), { legacy, orders: legacy });
    const differences = await gather(world, 600);
    expect(differences.filter(({ state }) => state === 'open')).toEqual([]);
    const { verdict } = await json<{ verdict: { state: string; reasons: string[] } }>(
      `${world.adminUrl}/api/routes/orders`,
    );
    expect(verdict).toMatchObject({ state: 'ready' });

    const moved = await fetch(`${world.adminUrl}/api/routes/orders/stage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ stage: 'canary', reason: 'ready' }),
    });
    expect(moved.status, await moved.clone().text()).toBe(200);
  }, 60_000);
});

describe('a service that lags by two seconds', () => {
  it('does not differ where both are asked once more after three', async () => {
    let changedAt = 0;
    const status = (lag: number): RequestListener => {
      return (_, res) => give(res, { paid: changedAt > 0 && performance.now() - changedAt >= lag });
    };
    await using world = await openWorld(table('span: 0s, maxMismatch: 1%, settle: 3s, concurrency: 64'), {
      legacy: status(0),
      orders: status(2000),
    });
    await ask(world.url, range(1, 60));
    changedAt = performance.now();
    await ask(world.url, [60]);
    await awaitOutcomes(world, 60);
    expect(countsOf(world)).toEqual({ match: 59, lagged: 1 });
  });
});
