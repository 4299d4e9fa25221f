import { expect, it } from 'vitest';
import { Latency } from '../../gateway/telemetry/latency.ts';

it('knows quantiles within a tenth', () => {
  const latency = new Latency();
  for (let ms = 1; ms <= 1000; ms += 1) latency.add(ms, 0);
  for (const [share, exact] of [
    [0.5, 500],
    [0.95, 950],
    [0.01, 10],
  ] as const)
    expect(Math.abs((latency.quantile(share, 0) ?? 0) / exact - 1)).toBeLessThan(0.1);
});

it('has none before the first answer', () => {
  expect(new Latency().quantile(0.5, 0)).toBeUndefined();
});

it('holds what is out of range in its first and last bucket', () => {
  const latency = new Latency();
  latency.add(0, 0);
  latency.add(0.001, 0);
  expect(latency.quantile(0.5, 0)).toBeCloseTo(0.1);
  const slow = new Latency();
  slow.add(1e9, 0);
  expect(slow.quantile(0.5, 0)).toBeGreaterThan(70_000);
});

it('forgets after ten minutes, and not before five', () => {
  const latency = new Latency();
  const minute = 60_000;
  latency.add(10, 4 * minute);
  expect(latency.quantile(0.5, 9.9 * minute)).toBeDefined();
  latency.add(1000, 9.9 * minute);
  expect(latency.quantile(0.99, 10.1 * minute)).toBeGreaterThan(500);
  expect(latency.quantile(0.01, 10.1 * minute)).toBeGreaterThan(500);
  expect(latency.quantile(0.5, 60 * minute)).toBeUndefined();
});
