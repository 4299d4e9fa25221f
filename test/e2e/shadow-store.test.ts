import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { awaitOutcomes, countsOf } from '../kit/outcomes.ts';
import { openTempFolder } from '../kit/temp-folder.ts';
import { openWorld } from '../kit/world.ts';

const table = (store: string): string => `
monolith: legacy
log: { level: debug }
store: { path: ${JSON.stringify(store)} }
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: shadow, compare: { reask: { share: 0% } } }
  users:
    match: [/users/:id]
    service: orders
    stage: canary
    data: synced
    by: [ip]
    percent: 0
    compare: { reask: { share: 0% } }
    tripwire: { mismatches: 5% }
`;

it('while the store is away each comparison is skipped, counted and said; then they go on', async () => {
  await using folder = await openTempFolder();
  const blocked = join(folder.path, 'data');
  await writeFile(blocked, 'a file, where a folder has to be');
  await using world = await openWorld(table(join(blocked, 'figway.db')), {
    legacy: (_req, res) => void res.end('same'),
    orders: (_req, res) => void res.end('same'),
  });
  let sent = 0;
  const ask = async (path: string): Promise<void> => {
    expect(await (await fetch(`${world.url}${path}`)).text()).toBe('same');
    sent += 1;
  };
  const status = async () => {
    const { store, attention } = (await (await fetch(`${world.adminUrl}/api/status`)).json()) as {
      store: { isAway: boolean };
      attention: { level: string; kind: string }[];
    };
    return { isAway: store.isAway, kinds: attention.map(({ level, kind }) => `${level} ${kind}`) };
  };
  await expect.poll(status, { timeout: 15_000 }).toMatchObject({ isAway: true });
  expect((await status()).kinds).toContain('error store-away');

  for (let id = 0; id < 5; id++) await ask(`/orders/${id}`);
  await ask('/users/1');
  await awaitOutcomes(world, sent);
  // A tripwire has to see what the service answers, kept or not.
  expect(countsOf(world)).toEqual({ 'skipped: store': 5, match: 1 });
  expect(world.upstreams.orders.seen.map(({ url }) => url)).toEqual(['/users/1']);
  const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^figway_comparisons_total\{.*outcome="skipped".*\} 5$/m);
  expect(metrics).toMatch(/^figway_shadow_shed_total\{reason="store"\} 5$/m);

  await rm(blocked);
  await expect.poll(status, { timeout: 20_000 }).toMatchObject({ isAway: false });
  await ask('/orders/1');
  await awaitOutcomes(world, sent);
  expect(countsOf(world)).toEqual({ 'skipped: store': 5, match: 2 });
}, 60_000);
