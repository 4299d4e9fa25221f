import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Children } from './children.ts';
import type { Job } from './generator.ts';
import { findProgram, versionOf } from './machine.ts';
import { parseWrk, toWrkScript } from './wrk.ts';

/** What is asked for. Several paths are taken in turn. */
export interface Target {
  readonly port: number;
  readonly paths: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Rate in good answers a second, so that quick failures flatter nobody; latencies in milliseconds. */
export interface LoadResult {
  readonly rate: number;
  readonly requests: number;
  /** Socket errors, unanswered requests, and answers that are not 2xx or 3xx. */
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  /** The slowest answer; only our own generator knows it. */
  readonly longest?: number;
}

export const connections = 64;

const wrk = findProgram('wrk');

/** What loads, for the report. */
export const loaderName =
  wrk === undefined ? 'own generator (wrk is not installed)' : `wrk ${versionOf(wrk, '-v')}`;

const toRequest = ({ port, headers }: Target, path: string): string => {
  const fields = Object.entries({ host: `127.0.0.1:${port}`, ...headers });
  return `GET ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

async function generate(
  children: Children,
  target: Target,
  seconds: number,
  rate?: number,
): Promise<LoadResult> {
  const requests = target.paths.map(path => toRequest(target, path));
  const job: Job = {
    port: target.port,
    requests,
    connections,
    seconds,
    ...(rate === undefined ? {} : { rate }),
  };
  const file = path.join(import.meta.dirname, 'generator.ts');
  const done = await children.run(process.execPath, [file, JSON.stringify(job)], seconds + 15, {
    role: 'load',
  });
  if (done.code !== 0) throw new Error(`the load generator ended with ${done.code}: ${done.said}`);
  return JSON.parse(done.output);
}

let scripts = 0;

async function runWrk(
  children: Children,
  program: string,
  target: Target,
  seconds: number,
): Promise<LoadResult> {
  const script = path.join(children.folder, `load-${scripts++}.lua`);
  writeFileSync(script, toWrkScript(target));
  const fixed = target.paths.length === 1;
  const headers = Object.entries(target.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const url = `http://127.0.0.1:${target.port}${fixed ? target.paths[0] : '/'}`;
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...(fixed ? headers : ['-s', script]),
    url,
  ];
  const done = await children.run(program, args, seconds + 15, { role: 'load' });
  if (done.code !== 0) throw new Error(`wrk ended with ${done.code}: ${done.said}`);
  return parseWrk(done.output);
}

/** As much load as the connections carry: each sends its next request when it has its answer. */
export const saturate = (children: Children, target: Target, seconds: number): Promise<LoadResult> =>
  wrk === undefined ? generate(children, target, seconds) : runWrk(children, wrk, target, seconds);

/** A constant rate, always by our own generator: wrk has none. */
export const pace = (
  children: Children,
  target: Target,
  seconds: number,
  rate: number,
): Promise<LoadResult> => generate(children, target, seconds, rate);
