import { expect, it } from 'vitest';
import { openLoad } from '../kit/load.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const table = (stage: string): string => `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  orders:
    match: [GET /orders/:id]
    service: orders
    stage: ${stage}
`;

it('edits of the table under load fail no request, and each one counts at once', async () => {
  await using world = await openWorld(table('legacy'), { legacy: echo('legacy'), orders: echo('orders') });
  await using load = openLoad(`${world.url}/orders/1`, 8);
  for (let round = 0; round < 20; round++) {
    const stage = round % 2 === 0 ? 'migrated' : 'legacy';
    expect(await world.edit(table(stage))).toMatchObject({ isGood: true });
    const answer = await fetch(`${world.url}/orders/1`);
    expect(await answer.json()).toMatchObject({ from: stage === 'migrated' ? 'orders' : 'legacy' });
  }
  const { answered, failed } = await load.stop();
  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(100);
});

it('every tenth file is bad: last good runs on, and no request notices', async () => {
  await using world = await openWorld(table('migrated'), { legacy: echo('legacy'), orders: echo('orders') });
  await using load = openLoad(`${world.url}/orders/1`, 4);
  for (let round = 1; round <= 30; round++) {
    const isBad = round % 10 === 0;
    const yaml = isBad ? table('gone') : `${table('migrated')}# ${round}\n`;
    expect((await world.edit(yaml)).isGood).toBe(!isBad);
    const answer = await fetch(`${world.url}/orders/1`);
    expect(await answer.json()).toMatchObject({ from: 'orders' });
  }
  const { failed } = await load.stop();
  expect(failed).toEqual([]);
});
