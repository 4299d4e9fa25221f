import type { Gateway } from '../gateway.ts';
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
    { flags: '--workers <number>', means: 'processes that share the port; only 1 is supported now' },
    { flags: '--last-good', means: 'run the last good config if the file is refused' },
  ],
  hasJson: false,
  examples: [
    { line: 'figway start', does: 'runs routes.yaml' },
    { line: 'FIGWAY_LISTEN=0.0.0.0:80 figway start --config prod.yaml', does: 'listens elsewhere' },
    { line: 'figway start --last-good', does: 'at 3 in the morning, with a broken file' },
  ],
  notes: [
    'SIGTERM and SIGINT drain and exit with 0, a second one exits at once; SIGHUP reads the routes file again.',
    'Exits with 1 if the routes file has errors, with 3 if a port is taken.',
  ],
  async run(call) {
    refuseWorkers(call.options.text('workers'));
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

function refuseWorkers(given: string | undefined): void {
  if (given === undefined || given === '1') return;
  if (given === 'auto' || /^[1-9]\d*$/.test(given))
    throw new Stop(
      3,
      `--workers ${given}: one process is supported now; run several gateways behind a balancer instead`,
    );
  throw new Stop(3, `--workers: expected a number from 1 or auto, got ${JSON.stringify(given)}`);
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
