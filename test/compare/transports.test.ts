import { expect, it } from 'vitest';
import { createCopyTransports } from '../../gateway/compare/transports.ts';
import type { Transport } from '../../gateway/proxy/transport.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { upstreamAt } from '../kit/proxy-rig.ts';

function openTransports() {
  const clock = createManualClock();
  const opened: string[] = [];
  const closed: string[] = [];
  const transports = createCopyTransports({
    clock,
    openTransport(origin): Transport {
      opened.push(origin);
      return {
        dispatch: () => ({ abort() {}, pause() {}, resume() {} }),
        openConnections: () => 0,
        close: async () => void closed.push(origin),
      };
    },
  });
  return { clock, opened, closed, transports };
}

it('has connections of its own for each instance, and opens them when they are asked for', () => {
  const { opened, transports } = openTransports();
  const upstream = upstreamAt('http://127.0.0.1:1');
  const instance = upstream.instance();
  const transport = transports.to(upstream, instance);
  expect(transport).not.toBe(instance.transport);
  expect(transports.to(upstream, instance)).toBe(transport);
  expect(opened).toEqual(['http://127.0.0.1:1']);
});

it('ends those of a retired upstream after 5 s, and never those of one that runs', async () => {
  const { clock, closed, transports } = openTransports();
  const [old, kept] = [upstreamAt('http://127.0.0.1:1'), upstreamAt('http://127.0.0.1:2', { name: 'kept' })];
  for (const upstream of [old, kept]) transports.to(upstream, upstream.instance());
  transports.retire(new Map([['kept', kept]]));
  clock.advance(4999);
  expect(closed).toEqual([]);
  clock.advance(1);
  await expect.poll(() => closed).toEqual(['http://127.0.0.1:1']);
  await transports.close();
  expect(closed).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:2']);
});
