/** Runs `npm start`'s launcher on free ports, with its data and its routes.yaml in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Listener, ports as usual } from '../../estate/wiring.ts';
import type { Stage } from '../../gateway/core/vocabulary.ts';
import { freePorts } from './free-port.ts';

export interface Estate {
  readonly child: ChildProcess;
  readonly gateway: string;
  readonly ports: Readonly<Record<Listener, number>>;
  /** What the launcher is told by its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A copy of the shipped file, to edit. */
  readonly config: string;
  /** All that was printed so far, to both streams. */
  output(): string;
  /** The id of a process, from the table that was printed. */
  pidOf(name: string): number;
  /** Resolves with the launcher's exit code. */
  readonly ended: Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LaunchOptions {
  /** Starts it as npm does. */
  readonly inShell?: boolean;
  /** What stands after `npm start --`. */
  readonly args?: readonly string[];
  /** More for its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it, and returns at once. `prepare` may change the config before. */
export async function launchEstate(
  prepare?: (estate: Pick<Estate, 'config' | 'ports'>) => Promise<void>,
  { inShell = false, args: words = [], env: more = {} }: LaunchOptions = {},
): Promise<Estate> {
  const folder = await mkdtemp(join(tmpdir(), 'figway-estate-'));
  const config = join(folder, 'routes.yaml');
  await cp('routes.yaml', config);
  const names = Object.keys(usual) as Listener[];
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [name, free[index]])) as Estate['ports'];
  await prepare?.({ config, ports });
  const launcher = [process.execPath, 'estate/start.ts', ...words];
  // The second command keeps the shell from becoming the first.
  const [program = '', ...args] = inShell ? ['sh', '-c', `${launcher.join(' ')}; exit $?`] : launcher;
  const env: Estate['env'] = {
    ...Object.fromEntries(names.map(name => [`${name}_LISTEN`, `127.0.0.1:${ports[name]}`])),
    FIGWAY_CONFIG: config,
    ESTATE_DATA: join(folder, 'data'),
    ...more,
  };
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    gateway: `http://127.0.0.1:${ports.FIGWAY}`,
    ports,
    env,
    config,
    output: () => output,
    pidOf: name => Number(new RegExp(`^ *${name} .* (\\d+) *$`, 'm').exec(output)?.[1]),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** Edits the one word after a route's `stage:`, as a person would. */
export async function moveRoute(config: string, route: string, stage: Stage): Promise<void> {
  const before = await readFile(config, 'utf8');
  const after = before.replace(
    new RegExp(`^( {2}${route}:\\n(?: {4}.*\\n)*? {4}stage: )\\w+`, 'm'),
    `$1${stage}`,
  );
  if (after === before) throw new Error(`${config} has no route ${route} in another stage than ${stage}`);
  await writeFile(config, after);
}
