import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { get } from '../children.ts';
import { type Figway, openFigway } from '../figway.ts';
import { pace } from '../load.ts';
import type { Part } from '../part.ts';
import { markedRoutes, pathsOver } from '../routes-file.ts';
import { decimal, median, whole } from '../statistics.ts';
import { openUpstream } from '../upstream.ts';

const size = 10_000;
/** Requests a second while the table is swapped. */
const rate = 2000;
/** Longest that one swap may take, milliseconds. */
const patience = 15_000;

const sides = ['legacy', 'service'] as const;

/** Writes the other file, as an editor does: a new one, renamed over the old. */
function rewrite(gateway: Figway, text: string): void {
  writeFileSync(`${gateway.file}.new`, text);
  renameSync(`${gateway.file}.new`, gateway.file);
}

/** Milliseconds until a client sees that side serve the marker; undefined if it does not, as long as there is load. */
async function untilServed(
  gateway: Figway,
  side: string,
  isOver: () => boolean,
): Promise<number | undefined> {
  const started = performance.now();
  while (performance.now() - started < patience && !isOver()) {
    const answer = await get(gateway.port, '/marker');
    if (answer?.headers['x-side'] === side) return performance.now() - started;
    await pause(10);
  }
  return undefined;
}

/** Rewrites and waits, again and again, until `isOver`. The times of the swaps that clients saw. */
async function swapOn(gateway: Figway, texts: readonly string[], isOver: () => boolean) {
  const times: number[] = [];
  let unseen = 0;
  for (let turn = 0; !isOver(); turn++) {
    const side = turn % 2;
    rewrite(gateway, texts[side] ?? '');
    const time = await untilServed(gateway, sides[side] ?? '', isOver);
    if (time !== undefined) times.push(time);
    else if (!isOver()) unseen++;
  }
  return { times, unseen };
}

/** 10,000 routes compiled and swapped during load, again and again. */
export const swap: Part = async bench => {
  const [legacy, service] = [
    await openUpstream(bench.children, 'legacy'),
    await openUpstream(bench.children, 'service'),
  ];
  const gateway = await openFigway(bench, ports => markedRoutes(ports, size, 'service'), {
    legacy,
    service,
    first: { path: '/marker' },
    isProbed: true,
  });
  const texts = sides.map(side => markedRoutes(gateway.ports, size, side));
  const target = { port: gateway.port, paths: pathsOver(size), headers: {} };

  await pace(bench.children, target, Math.min(bench.seconds, 3), rate);
  await gateway.probe();
  bench.say('swap · load without a swap');
  const calm = await pace(bench.children, target, bench.seconds, rate);
  const calmStall = (await gateway.probe()).stall;

  bench.say('swap · load with swaps');
  let isOver = false;
  const loading = pace(bench.children, target, 2 * bench.seconds, rate).finally(() => {
    isOver = true;
  });
  const [swaps, loaded] = await Promise.all([swapOn(gateway, texts, () => isOver), loading]);
  const { stall } = await gateway.probe();

  const row = (name: string, seen: string, result: typeof calm, longest: number): string[] => [
    name,
    seen,
    whole(result.rate),
    whole(result.failed),
    decimal(result.p99),
    decimal(result.longest, 1),
    decimal(longest, 1),
  ];
  const isSeen = swaps.times.length > 0;
  return {
    title: 'Swap of 10,000 routes during load',
    table: {
      columns: ['', 'swaps', 'req/s', 'failed', 'p99 ms', 'longest ms', 'longest stall ms'],
      rows: [
        row('without swaps', '0', calm, calmStall),
        row('with swaps', whole(swaps.times.length), loaded, stall),
      ],
    },
    notes: [
      `${whole(rate)} requests a second at a constant rate, on 64 connections, latency from the time a request was due.`,
      'The file is replaced by a rename; a swap counts when a client sees the changed route served by the other side, then the next begins.',
      `From the rename to the first answer of the new table: ${decimal(median(swaps.times), 0)} ms in the median.`,
      'The stall is how late the event loop of the gateway came to a timer of 1 ms.',
      ...(swaps.unseen > 0 ? [`${swaps.unseen} rewrites were not seen within ${patience / 1000} s.`] : []),
    ],
    figures: isSeen ? { swapFailures: loaded.failed, swapStall: stall } : {},
  };
};
