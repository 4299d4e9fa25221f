import { openFigway } from '../figway.ts';
import type { Part } from '../part.ts';
import { claimed } from '../routes-file.ts';
import { openScript, type Server } from '../server.ts';
import { decimal, median } from '../statistics.ts';
import { openUpstream } from '../upstream.ts';

/** Starts that count, after one that does not. */
const runs = 7;

async function timeStarts(open: () => Promise<Server>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const started = performance.now();
    const { child } = await open();
    if (run > 0) times.push(performance.now() - started);
    await child.stop();
  }
  return times;
}

/** From the start of the process to the first answer of the upstream through it. */
export const start: Part = async bench => {
  const upstream = await openUpstream(bench.children);
  bench.say('start · node:http alone');
  const bare = await timeStarts(() => openScript(bench.children, 'answering.ts', [], {}));
  bench.say('start · the gateway');
  const ours = await timeStarts(() => openFigway(bench, claimed, { legacy: upstream, role: 'anywhere' }));
  const row = (name: string, times: readonly number[]): string[] => [
    name,
    decimal(median(times), 0),
    decimal(Math.min(...times), 0),
    decimal(Math.max(...times), 0),
  ];
  return {
    title: 'Start',
    table: {
      columns: ['', 'median ms', 'least ms', 'most ms'],
      rows: [row('node:http answering itself', bare), row('figway start', ours)],
    },
    notes: [`${runs} starts each after one for the file cache, asked every 5 ms, not pinned to a core.`],
    figures: { start: median(ours) },
  };
};
