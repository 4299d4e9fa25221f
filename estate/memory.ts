import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What one process holds. */
export interface Held {
  readonly name: string;
  readonly pid: number;
  /** Its proportional share of memory (PSS), in KiB: pages that processes share are counted once in the sum. */
  readonly pss: number;
}

/** What each process of the estate in `folder` holds now, by its `.pid` file. Linux alone tells it. */
export async function readMemory(folder: string): Promise<readonly Held[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.pid')).toSorted();
  const held: Held[] = [];
  for (const file of files) {
    const pid = Number(await readFile(join(folder, file), 'utf8'));
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    held.push({ name: file.slice(0, -4), pid, pss: Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) });
  }
  return held;
}

export function describeMemory(held: readonly Held[]): string {
  const sum = held.reduce((all, { pss }) => all + pss, 0);
  return [...held, { name: 'all', pss: sum }]
    .map(({ name, pss }) => `${name.padEnd(16)} ${toMebibytes(pss).padStart(7)} MiB`)
    .join('\n');
}

const toMebibytes = (kibibytes: number): string => (kibibytes / 1024).toFixed(1);
