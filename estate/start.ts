/** `npm start`: the monolith, the services and the gateway, one after the other, in one terminal. */
import { join } from 'node:path';
import { estateProcesses, type ProcessSpec } from './processes.ts';
import {
  hasEnded,
  type Running,
  refuseTakenPorts,
  StartFailed,
  spawnProcess,
  stopProcess,
  untilHealthy,
} from './supervisor.ts';

const logs = join(process.env.ESTATE_DATA ?? 'data', 'logs');
const config = process.env.FIGWAY_CONFIG ?? 'routes.yaml';
const running: Running[] = [];
let stoppingSince: number | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
process.on('exit', () => {
  for (const { child } of running) if (!hasEnded(child)) child.kill('SIGKILL');
});

try {
  for (const spec of estateProcesses(process.env)) await start(spec);
  console.log(welcome());
} catch (error) {
  // Stopped on the way: the processes that were starting have ended because they were told to.
  if (stoppingSince === undefined) {
    console.error(error instanceof Error ? error.message : String(error));
    await stop(error instanceof StartFailed ? error.exitCode : 1);
  }
}

async function start(spec: ProcessSpec): Promise<void> {
  await refuseTakenPorts(spec);
  if (stoppingSince !== undefined) throw new StartFailed('stopped', 0);
  const started = spawnProcess(spec, logs);
  running.push(started);
  await untilHealthy(started);
  started.child.once('exit', (code, signal) => onEnd(started, signal ?? `exit code ${code}`));
}

/** Says in one line that a process is gone. The others go on, unless it is the gateway. */
function onEnd({ spec, log }: Running, how: string): void {
  if (stoppingSince !== undefined) return;
  const isGateway = spec.name === 'gateway';
  const rest = isGateway ? 'stopping the others' : 'the gateway goes on';
  console.error(`${spec.name} ended (${how}); ${rest}. Its log: ${log}`);
  if (isGateway) void stop(1);
}

/** Stops all in the reverse order of their start. A second signal, if it is not an echo of the first, ends them at once. */
async function stop(exitCode: number): Promise<void> {
  if (stoppingSince !== undefined) {
    // npm passes on a Ctrl-C that the terminal has sent here already.
    if (Date.now() - stoppingSince > 1000) process.exit(1);
    return;
  }
  stoppingSince = Date.now();
  for (const one of running.toReversed()) await stopProcess(one);
  process.exit(exitCode);
}

function welcome(): string {
  const rows = running.map(({ spec, child }) => [spec.name, spec.url, 'healthy', String(child.pid)]);
  const gateway = running.find(({ spec }) => spec.name === 'gateway')?.spec.url ?? '';
  return [
    '',
    ...table([['name', 'url', 'health', 'pid'], ...rows]),
    '',
    'Try, in another terminal:',
    `  curl -i ${gateway}/orders/42`,
    `  sed -i.bak 's/stage: legacy/stage: migrated/' ${config}    # then ask again`,
    '  npx figway status',
    '',
    `The shop: ${gateway}   Logs: ${logs}   Stop: Ctrl-C`,
  ].join('\n');
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`);
}
