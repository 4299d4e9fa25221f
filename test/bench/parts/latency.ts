import { openFigway } from '../figway.ts';
import { type LoadResult, pace, saturate } from '../load.ts';
import type { Part } from '../part.ts';
import { claimed } from '../routes-file.ts';
import { itemPath } from '../server.ts';
import { decimal, median, whole } from '../statistics.ts';
import { openUpstream } from '../upstream.ts';

const middle = (results: readonly LoadResult[], pick: (result: LoadResult) => number): number =>
  median(results.map(pick));

/** What the gateway adds to the latency at half of what it can carry. */
export const latency: Part = async bench => {
  const upstream = await openUpstream(bench.children);
  const gateway = await openFigway(bench, claimed, { legacy: upstream });
  const at = (port: number) => ({ port, paths: [itemPath], headers: {} });
  await saturate(bench.children, at(gateway.port), bench.warmUp);
  const { rate: saturation } = await saturate(bench.children, at(gateway.port), bench.seconds);
  const rate = Math.floor(saturation / 2);
  const ways = [
    { name: 'direct to the upstream', port: upstream.port, results: [] as LoadResult[] },
    { name: 'through the gateway', port: gateway.port, results: [] as LoadResult[] },
  ];
  for (let round = 0; round <= bench.rounds; round++) {
    for (const { name, port, results } of ways) {
      bench.say(`latency · round ${round} of ${bench.rounds} · ${whole(rate)} req/s ${name}`);
      const result = await pace(bench.children, at(port), bench.seconds, rate);
      if (round > 0) results.push(result);
    }
  }
  const [direct = Number.NaN, through = Number.NaN] = ways.map(({ results }) =>
    middle(results, one => one.p99),
  );
  return {
    title: 'Latency at half of the saturation rate',
    table: {
      columns: ['', 'req/s', 'p50 ms', 'p99 ms', 'longest ms', 'failed'],
      rows: ways.map(({ name, results }) => [
        name,
        whole(middle(results, one => one.rate)),
        decimal(middle(results, one => one.p50)),
        decimal(middle(results, one => one.p99)),
        decimal(
          middle(results, one => one.longest ?? Number.NaN),
          1,
        ),
        whole(results.reduce((sum, { failed }) => sum + failed, 0)),
      ]),
    },
    notes: [
      `The gateway with one claimed route saturates at ${whole(saturation)} req/s; both ways get half of that at a constant rate, on 64 connections.`,
      'Latency counts from the time a request was due, so a stall is not hidden; that the generator wakes but once a millisecond is left out.',
    ],
    figures: { addedLatency: through - direct },
  };
};
