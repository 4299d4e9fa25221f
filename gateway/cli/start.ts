import { availableParallelism } from 'node:os';
import type { Gateway } from '../gateway.ts';
import type { OpenWorkers } from '../serving.ts';
import { spareUndici } from '../spare-undici.ts';
import { type Call, type Command, type ExitCode, Stop } from './command.ts';
import { configFile, noteProblems, requireFile } from './load.ts';

/** What may still hold the event loop once a drain is done; then the process ends all the same. */
const lingerMs = 1000;

export const start: Command = {
  name: 'start',
  summary: 'runs the gateway',
  args: [],
  options: [
    {
      flags: '--workers <number>',
      means: 'processes that serve clients, 1 to 64, or auto: one for each core; 1 is the default',
    },
    { flags: '--last-good', means: 'run the last good config if the file is refused' },
  ],
  hasJson: false,
  examples: [
    { line: 'figway start', does: 'runs routes.yaml' },
    { line: 'FIGWAY_LISTEN=0.0.0.0:80 figway start --config prod.yaml', does: 'listens elsewhere' },
    { line: 'figway start --workers auto', does: 'serves from all cores, with one admin port' },
    { line: 'figway start --last-good', does: 'at 3 in the morning, with a broken file' },
  ],
  notes: [
    'SIGTERM and SIGINT drain and exit with 0, a second one exits at once; SIGHUP reads the routes file again.',
    'A worker that is lost is started again; the first process, which clients never talk to, keeps all that is remembered.',
    'Exits with 1 if the routes file has errors, with 3 if a port is taken.',
  ],
  async run(call) {
    const workers = countOf(call.options.text('workers'));
    const file = configFile(call);
    const lastGood = call.options.flag('lastGood');
    // The last good config runs also where the file is gone.
    if (!lastGood) await requireFile(file);
    spareUndici();
    const { ConfigRefused, startGateway } = await import('../gateway.ts');
    const gateway = await startGateway({
      file,
      env: call.env,
      lastGood,
      stdout: call.print.line,
      backlog: () => process.stdout.writableLength,
      isHuman: call.print.isTerminal,
      openWorkers: await openerOf(workers),
    }).catch(async (error: unknown) => {
      if (!(error instanceof ConfigRefused)) throw error;
      await noteProblems(call, error.problems, error.sources);
      throw new Stop(1, `${file} is refused; --last-good runs the last config that was good`);
    });
    // Who reads this line may send a signal at once, so the handlers come first.
    const stopped = untilStopped(gateway, call);
    call.print.line(`figway listens on ${gateway.url}, admin port on ${gateway.adminUrl}`);
    return stopped;
  },
};

/** More would only stand in each other's way. */
const mostWorkers = 64;

function countOf(given = '1'): number {
  if (given === 'auto') return Math.min(availableParallelism(), mostWorkers);
  const count = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
  if (count >= 1 && count <= mostWorkers) return count;
  throw new Stop(
    3,
    `--workers: expected a whole number from 1 to ${mostWorkers} or auto, got ${JSON.stringify(given)}`,
  );
}

/** One process serves by itself, and knows nothing of workers. */
async function openerOf(count: number): Promise<OpenWorkers | undefined> {
  if (count === 1) return undefined;
  const { createWorkers } = await import('../workers/workers.ts');
  return parts => createWorkers(count, parts);
}

/** Resolves with the exit code once the gateway has drained. */
function untilStopped(gateway: Gateway, { print }: Call): Promise<ExitCode> {
  return new Promise(resolve => {
    let isDraining = false;
    const drain = (reason: string, exitCode: ExitCode) => {
      if (isDraining) process.exit(1);
      isDraining = true;
      gateway.close(reason).then(
        () => {
          setTimeout(() => process.exit(exitCode), lingerMs).unref();
          resolve(exitCode);
        },
        (error: unknown) => {
          print.error(`drain failed: ${describe(error)}`);
          process.exit(1);
        },
      );
    };
    process.on('SIGTERM', () => drain('SIGTERM', 0));
    process.on('SIGINT', () => drain('SIGINT', 0));
    // The gateway tells in its log how a reload ended; nobody waits for this one.
    process.on(
      'SIGHUP',
      () => void gateway.reload().catch(error => print.error(`reload failed: ${describe(error)}`)),
    );
    process.on('uncaughtException', error => {
      gateway.crash(error);
      drain('an error that nobody caught', 1);
    });
  });
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
