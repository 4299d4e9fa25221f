import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { loadConfigApart } from '../gateway/load-apart.ts';
import { loadConfig } from '../gateway/schema.ts';
import { openFolder } from './kit/files.ts';

const head =
  'monolith: legacy\nupstreams:\n  legacy: { url: http://127.0.0.1:4000 }\n  orders: { url: "${ORDERS}" }\nroutes:\n';
const routes = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) =>
      `  route-${i}:\n    match:\n      - GET /a-${i % 100}/b-${i}\n      - GET /a-${i % 100}/b-${i}/:id\n    service: orders\n    stage: legacy\n`,
  ).join('');
const env = { ORDERS: 'http://127.0.0.1:4103' };

describe('loading apart', () => {
  it('gives what loading here gives, frozen', async () => {
    await using folder = await openFolder({ 'routes.yaml': head + routes(350) });
    const [apart, here] = await Promise.all([
      loadConfigApart(folder.at('routes.yaml'), env),
      loadConfig(folder.at('routes.yaml'), env),
    ]);
    expect(apart).toEqual(here);
    expect(Object.keys(apart.config?.routes ?? {})).toHaveLength(350);
    expect(Object.isFrozen(apart.config?.routes['route-349']?.match)).toBe(true);
    expect(Object.isFrozen(apart.config?.upstreams.orders)).toBe(true);
  });

  it('gives problems', async () => {
    await using folder = await openFolder({ 'routes.yaml': `${head}  r: { stage: no }\n` });
    const apart = await loadConfigApart(folder.at('routes.yaml'), env);
    expect(apart.config).toBeUndefined();
    expect(apart.problems.map(problem => problem.code)).toEqual(['missing', 'missing', 'bad-value']);
  });

  it('does not stall the loop for 10,000 routes', async () => {
    await using folder = await openFolder({ 'routes.yaml': head + routes(10_000) });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const { config } = await loadConfigApart(folder.at('routes.yaml'), env);
    delay.disable();
    expect(Object.keys(config?.routes ?? {})).toHaveLength(10_000);
    // Whatever else runs on the machine: loading here takes over a second.
    expect(delay.max / 1e6).toBeLessThan(250);
    expect(delay.percentile(99) / 1e6).toBeLessThan(50);
  });
});
