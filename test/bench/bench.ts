/** `npm run bench`: the gateway and its peers side by side. Not a test: it asserts nothing, it tells. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createChildren, isPinned, leaveProxyCore } from './children.ts';
import { connections, loaderName } from './load.ts';
import { coreFor, cores, describeMachine } from './machine.ts';
import type { Bench, Part, Section } from './part.ts';
import { check } from './parts/check.ts';
import { comparing } from './parts/comparing.ts';
import { forwarding } from './parts/forwarding.ts';
import { latency } from './parts/latency.ts';
import { memory } from './parts/memory.ts';
import { routes } from './parts/routes.ts';
import { shadowing } from './parts/shadowing.ts';
import { start } from './parts/start.ts';
import { swap } from './parts/swap.ts';
import { workers } from './parts/workers.ts';
import { figuresOf, type Report, toPage, toTerminal } from './report.ts';
import { upstreamName } from './upstream.ts';

const parts: Record<string, Part> = {
  ...{ forwarding, workers, shadowing, comparing, routes, swap, latency, memory, start, check },
};

/** Seconds. */
const leastWarmUp = 8;

const usage = `npm run bench -- [options]      a whole run takes about twelve minutes

  --only LIST      some of ${Object.keys(parts).join(',')}
  --seconds N      length of one measurement (10), after one of 8 s or more for warm-up
  --rounds N       measurements of each contestant, in turn; the median counts (3)
  --gateway FILE   another gateway's main file, to compare two checkouts (gateway/main.ts)
  --write          write test/bench/RESULTS.md
  --json           print the report as JSON
`;

const options = {
  only: { type: 'string', default: Object.keys(parts).join(',') },
  seconds: { type: 'string', default: '10' },
  rounds: { type: 'string', default: '3' },
  gateway: { type: 'string', default: path.join(import.meta.dirname, '../../gateway/main.ts') },
  write: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function leave(text: string, code: number): never {
  process[code === 0 ? 'stdout' : 'stderr'].write(text);
  process.exit(code);
}

function whole(name: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  return leave(`--${name} takes a whole number from 1 to ${most}, got ${text}\n`, 3);
}

function readArguments() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return leave(`${error instanceof Error ? error.message : error}\n\n${usage}`, 3);
  }
}

/** A part that cannot run tells why, and the others go on. None leaves a process to the next. */
async function runPart(name: string, bench: Bench): Promise<Section> {
  try {
    const part = parts[name];
    if (part === undefined) throw new Error('unknown part');
    return await part(bench);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    bench.say(`${name} · not measured: ${why}`);
    return { title: name, notes: [`Not measured: ${why}.`], figures: {} };
  } finally {
    await bench.children.stop();
  }
}

function method({ seconds, warmUp, rounds }: Bench): string[] {
  const [proxy, load, upstream] = (['proxy', 'load', 'upstream'] as const).map(role => coreFor(role, cores));
  return [
    `Load: ${loaderName}, ${connections} connections; constant rates: own generator. Upstream: ${upstreamName}.`,
    isPinned
      ? `Cores: the proxy ${proxy}, the load ${load}, the upstream ${upstream}, one each, with all threads of a process.`
      : 'Cores: not pinned (no taskset, not allowed, or only one core).',
    `Each measurement ${seconds} s, after one of ${warmUp} s for warm-up, ${rounds} rounds in turn. The median counts; of ratios that of each round's own.`,
  ];
}

const values = readArguments();
if (values.help) leave(usage, 0);
const names = values.only.split(',').map(name => name.trim());
const unknown = names.find(name => parts[name] === undefined);
if (unknown !== undefined) leave(`--only: there is no part ${unknown}\n\n${usage}`, 3);

leaveProxyCore();
const children = createChildren();
process.once('exit', () => children.close());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const seconds = whole('seconds', values.seconds, 600);
const bench: Bench = {
  children,
  entry: path.resolve(values.gateway),
  seconds,
  warmUp: Math.max(leastWarmUp, seconds),
  rounds: whole('rounds', values.rounds, 99),
  say: line => process.stderr.write(`${line}\n`),
};
const sections: Section[] = [];
for (const name of names) sections.push(await runPart(name, bench));

const report: Report = {
  machine: describeMachine(),
  date: new Date().toISOString().slice(0, 10),
  command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
  method: method(bench),
  sections,
};
process.stdout.write(
  values.json
    ? `${JSON.stringify({ ...report, figures: figuresOf(sections) }, null, 2)}\n`
    : toTerminal(report),
);
if (values.write) writeFileSync(path.join(import.meta.dirname, 'RESULTS.md'), toPage(report));
process.exit(0);
