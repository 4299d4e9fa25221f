/**
 * `npm start`: the monolith, the services and the gateway in one terminal; `-- --traffic` with people at the shop,
 * `-- --mtls` with certificates between the processes.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createHttpClient, type HttpClient } from '../extracted-services/chassis/http-client.ts';
import type { Tls } from '../extracted-services/chassis/tls.ts';
import { certificateFolder, removeCertificates, renewCertificates } from './mtls.ts';
import { estateProcesses, type ProcessSpec } from './processes.ts';
import { openSecrets } from './secrets.ts';
import {
  hasEnded,
  type Running,
  refuseTakenPorts,
  StartFailed,
  spawnProcess,
  stopProcess,
  untilHealthy,
} from './supervisor.ts';
import { forgetSwitches } from './switches.ts';
import { startTraffic, type Traffic } from './traffic/traffic.ts';
import { welcome } from './welcome.ts';
import { dataFolder, secretNames, urlOf } from './wiring.ts';

const data = dataFolder(process.env);
const logs = join(data, 'logs');
const options = readOptions();
/** Gentle: five requests a second, always the same people. */
const people = { rate: 5, seed: 1 };
let specs: readonly ProcessSpec[] = [];
let traffic: Traffic | undefined;
const running = new Map<string, Running>();
let stoppingSince: number | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
// Told to end, npm ends the shell that stands between it and us, and the shell passes nothing on.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent && stoppingSince === undefined) void stop(0);
}, 500).unref();
process.on('exit', () => {
  for (const { child } of running.values()) if (!hasEnded(child)) child.kill('SIGKILL');
});

try {
  const mtls = options.mtls ? certificateFolder(process.env) : undefined;
  specs = estateProcesses(process.env, await openSecrets(data, secretNames), mtls);
  // Only with all ports free: what lies there may be the certificates of another npm start, which runs.
  for (const spec of specs) await refuseTakenPorts(spec);
  await forgetSwitches(data);
  const client = createHttpClient(await prepareCertificates());
  await startAll(client);
  client.close();
  greet();
  if (options.traffic) traffic = startTraffic({ url: urlOf(process.env, 'FIGWAY'), ...people });
} catch (error) {
  // Stopped on the way: the processes that were starting have ended because they were told to.
  if (stoppingSince === undefined) {
    console.error(error instanceof Error ? error.message : String(error));
    await stop(error instanceof StartFailed ? error.exitCode : 1);
  }
}

/** Those of this start, if it is one with `--mtls`: resolves with what the launcher itself shows. */
async function prepareCertificates(): Promise<Tls | undefined> {
  if (!options.mtls) {
    await removeCertificates(process.env);
    return undefined;
  }
  return renewCertificates(
    process.env,
    specs.map(({ name }) => name).filter(name => name !== 'legacy'),
  );
}

/** Starts them side by side, but for those that need another one first. */
async function startAll(client: HttpClient): Promise<void> {
  const ready = new Map<string, Promise<void>>();
  for (const spec of specs) {
    const needed = Promise.all(spec.needs.map(name => ready.get(name)));
    ready.set(
      spec.name,
      needed.then(() => start(spec, client)),
    );
  }
  await Promise.all(ready.values());
}

async function start(spec: ProcessSpec, client: HttpClient): Promise<void> {
  if (stoppingSince !== undefined) throw new StartFailed('stopped', 0);
  const started = spawnProcess(spec, logs);
  running.set(spec.name, started);
  keepPid(started);
  await untilHealthy(started, client);
  started.child.once('exit', (code, signal) => onEnd(started, signal ?? `exit code ${code}`));
}

/** `data/orders.pid`, as long as it runs: so that one can kill it by name. */
function keepPid({ spec, child }: Running): void {
  const file = join(data, `${spec.name}.pid`);
  writeFileSync(file, `${child.pid}\n`);
  child.once('exit', () => rmSync(file, { force: true }));
}

/** Says in one line that a process is gone. The others go on, unless it is the gateway. */
function onEnd({ spec, log }: Running, how: string): void {
  if (stoppingSince !== undefined) return;
  const isGateway = spec.name === 'gateway';
  const rest = isGateway ? 'stopping the others' : 'the gateway goes on';
  console.error(`${spec.name} ended (${how}); ${rest}. Its log: ${log}`);
  if (isGateway) void stop(1);
}

/** Stops all, the gateway first. A second signal, if it is not an echo of the first, ends them at once. */
async function stop(exitCode: number): Promise<void> {
  if (stoppingSince !== undefined) {
    // npm passes on a Ctrl-C that the terminal has sent here already.
    if (Date.now() - stoppingSince > 1000) process.exit(1);
    return;
  }
  stoppingSince = Date.now();
  await traffic?.close();
  for (const { name } of specs.toReversed()) {
    const started = running.get(name);
    if (started) await stopProcess(started);
  }
  process.exit(exitCode);
}

function greet(): void {
  const gateway = urlOf(process.env, 'FIGWAY');
  const admin = urlOf(process.env, 'FIGWAY_ADMIN');
  const rows = specs.map(({ name, url }) => ({ name, url, pid: running.get(name)?.child.pid }));
  console.log(welcome({ rows, gateway, admin, config: process.env.FIGWAY_CONFIG || 'routes.yaml', logs }));
}

function readOptions(): { readonly traffic: boolean; readonly mtls: boolean } {
  try {
    const flag = { type: 'boolean', default: false } as const;
    return parseArgs({ options: { traffic: flag, mtls: flag } }).values;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nusage: npm start -- [--traffic] [--mtls]`,
    );
    process.exit(3);
  }
}
