import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openWorld } from '../kit/world.ts';

const table = (route: string, stage = 'shadow'): string => `
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}" }
cohorts:
  checkout: { percent: 10 }
  early: { percent: 10, by: [ip] }
routes:
  orders: { service: orders, stage: ${stage}, ${route} }
`;

const by = (place: string): string =>
  `${place} lacks by, what tells one client from another, such as by: [cookie:NAME]`;
const data = 'routes.orders lacks data, who owns what is written: data: legacy, synced or service';

describe('what routes.yaml lacks before a route may go to canary', () => {
  it.each([
    ['match: [GET /orders]', [by('routes.orders')]],
    ['match: [GET /orders], percent: 5', [by('routes.orders')]],
    ['match: [GET /orders], cohort: checkout', [by('cohorts.checkout')]],
    ['match: [GET /orders], cohort: early', []],
    ['match: [GET /orders], by: [ip]', []],
    ['match: [GET /orders, POST /orders], cohort: early', [data]],
    ['match: [/orders], cohort: early', [data]],
    ['match: [/orders], data: synced', [by('routes.orders')]],
    ['match: [/orders], data: synced, cohort: early', []],
  ])('%s: is told before anybody asks, and by the refusal', async (route, missing) => {
    const answering = (_: unknown, res: { end(): void }): void => res.end();
    await using world = await openWorld(table(route), { legacy: answering, orders: answering });
    const view = await fetch(`${world.adminUrl}/api/routes/orders`);
    expect(await view.json()).toMatchObject({ next: { stage: 'canary', missing } });
    const before = await readFile(world.file, 'utf8');
    const moved = await fetch(`${world.adminUrl}/api/routes/orders/stage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ stage: 'canary', reason: 'why not', force: true }),
    });
    // The loader is of the same mind; a percent that is missing too comes with a move, and is not told of.
    const hasPercent = /percent|cohort/.test(route);
    if (missing.length === 0) return expect(moved.status).toBe(hasPercent ? 200 : 409);
    expect(moved.status).toBe(409);
    expect(await moved.json()).toMatchObject({
      code: 'move-refused',
      detail: `write into routes.yaml first: ${missing.join('; ')}`,
    });
    expect(await readFile(world.file, 'utf8')).toBe(before);
    expect(await world.edit(table(hasPercent ? route : `${route}, percent: 5`, 'canary'))).toMatchObject({
      isGood: false,
    });
  });
});
