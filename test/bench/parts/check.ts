import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { inOneLine } from '../children.ts';
import { whyNoGateway } from '../figway.ts';
import type { Part } from '../part.ts';
import { manyRoutes } from '../routes-file.ts';
import { decimal, median } from '../statistics.ts';

/** Runs that count, after one that does not. */
const runs = 7;

/** `figway check` of a file with a thousand routes. */
export const check: Part = async bench => {
  const missing = whyNoGateway(bench.entry);
  if (missing !== undefined) throw new Error(missing);
  const file = path.join(bench.children.folder, 'check.yaml');
  const ports = { gateway: 8080, admin: 8081, legacy: 4000, service: 4101, store: 'figway.db' };
  writeFileSync(file, manyRoutes(ports, 1000));
  const times: number[] = [];
  bench.say('check · 1,000 routes');
  for (let run = 0; run <= runs; run++) {
    const { code, said, ms } = await bench.children.run(process.execPath, [bench.entry, 'check', file], 30);
    if (code !== 0) throw new Error(`figway check ended with ${code}: ${inOneLine(said)}`);
    if (run > 0) times.push(ms);
  }
  return {
    title: 'Check of 1,000 routes',
    table: {
      columns: ['', 'median ms', 'least ms', 'most ms'],
      rows: [
        [
          'figway check',
          decimal(median(times), 0),
          decimal(Math.min(...times), 0),
          decimal(Math.max(...times), 0),
        ],
      ],
    },
    notes: [
      `${runs} runs after one for the file cache, from start to end of the process, not pinned to a core.`,
    ],
    figures: { check: median(times) },
  };
};
