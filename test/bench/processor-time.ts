import { readFileSync } from 'node:fs';

/** Seconds of processor time that a process has used; undefined where there is no /proc. */
export function processorTime(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

/** The same of a process and those that it started. */
export function processorTimeOfAll(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const pids = [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
    return pids.reduce((sum, one) => sum + (processorTime(one) ?? Number.NaN), 0);
  } catch {
    return undefined;
  }
}
