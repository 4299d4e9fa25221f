import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../chassis/clock.ts';
import { type FunctionAnswer, FunctionFailure, type Invocation, type Report } from './function.ts';

/** A process that runs a function, one event at a time. */
export interface Instance {
  /** Rejects with a FunctionFailure; after `timeout` and `crashed` the instance has ended. */
  invoke(invocation: Invocation, timeout: number): Promise<FunctionAnswer>;
  hasEnded(): boolean;
  /** Resolves when its process is gone, for whatever reason. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

export interface InstanceOptions {
  /** A file that exports `handle`. */
  readonly handler: string;
  /** All that the function finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** What it prints, in pieces of at most `maxOutput` characters. */
  readonly onOutput: (text: string) => void;
}

const childFile = `${import.meta.dirname}/child.ts`;
const startTimeout = 10_000;
const maxOutput = 2000;

/** Starts a process and waits until it has loaded the handler. Rejects with the FunctionFailure `unstarted`. */
export async function startInstance({ handler, env, clock, onOutput }: InstanceOptions): Promise<Instance> {
  const stdio: ('ignore' | 'pipe' | 'ipc')[] = ['ignore', 'pipe', 'pipe', 'ipc'];
  const child = fork(childFile, [handler], { env: { ...env }, execArgv: [], stdio });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => onOutput(text.slice(0, maxOutput)));
  }
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const first = await nextReport({ child, ended, clock }, startTimeout);
  if (first === 'late' || first === 'ended' || first.kind !== 'ready') {
    await kill();
    throw new FunctionFailure(
      'unstarted',
      `no instance came up: ${first === 'late' ? 'too slow' : 'it ended'}`,
    );
  }
  return {
    async invoke(invocation, timeout) {
      const report = nextReport({ child, ended, clock }, timeout);
      // Where it has ended already, its end is the report.
      child.send(invocation, () => undefined);
      const said = await report;
      if (said === 'ended') throw new FunctionFailure('crashed', 'the process of the function ended');
      if (said === 'late') {
        await kill();
        throw new FunctionFailure('timeout', `the function took more than ${timeout} ms and was ended`);
      }
      if (said.kind === 'failed') throw new FunctionFailure('failed', said.detail);
      return toAnswer(said);
    },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    ended,
    end: kill,
  };
}

interface Watched {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly clock: Clock;
}

async function nextReport(
  { child, ended, clock }: Watched,
  timeout: number,
): Promise<Report | 'late' | 'ended'> {
  const over = new AbortController();
  const late = Promise.withResolvers<'late'>();
  const cancel = clock.after(timeout, () => late.resolve('late'));
  const message = once(child, 'message', { signal: over.signal }).then(([report]) => report as Report);
  message.catch(() => undefined);
  try {
    return await Promise.race([message, late.promise, ended.then(() => 'ended' as const)]);
  } finally {
    cancel();
    over.abort();
  }
}

function toAnswer(report: Report): FunctionAnswer {
  const answer: unknown = report.kind === 'answer' ? report.answer : undefined;
  if (isAnswer(answer)) return answer;
  throw new FunctionFailure('malformed', 'the function answered without a status from 200 to 599 and a body');
}

function isAnswer(value: unknown): value is FunctionAnswer {
  if (typeof value !== 'object' || value === null || !('status' in value) || !('body' in value)) return false;
  const { status, body } = value;
  const isStatus = Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599;
  return isStatus && typeof body === 'object' && body !== null;
}
