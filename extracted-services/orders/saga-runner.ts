import type { Clock } from '../chassis/clock.ts';
import type { Log } from '../chassis/log.ts';
import type { Metrics } from '../chassis/metrics.ts';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import { newTrace, type Trace } from '../chassis/trace.ts';
import type { Command } from './decide.ts';
import { execute, type Occasion } from './order-log.ts';
import { type FarSides, perform } from './perform.ts';
import type { Lease, Repository } from './repository.ts';
import { type Move, nextMove } from './saga-steps.ts';

/** Brings sagas to their end: those that are begun here, and those that a crash left. */
export interface SagaRunner {
  /** Runs one, with the card that lives only here. Whoever calls has its lease. */
  run(id: number, more: { readonly card: string | undefined; readonly trace: Trace }): void;
  /** Resolves when it has ended or rests, or after so many milliseconds. */
  settled(id: number, ms: number): Promise<void>;
  /** What a saga is given that begins now. */
  lease(): Lease;
  /** Ends after the calls under way; what is not done is left to the next start, or to another process. */
  close(): Promise<void>;
}

export interface SagaTiming {
  /** Milliseconds that a step is tried for, where nobody answers, before it counts as failed; default 15,000. */
  readonly patience?: number;
  /** Milliseconds after which no request of a dead process can arrive any more; default 5,000. */
  readonly grace?: number;
  /** Milliseconds after which another process may go on with a saga; default 30,000. */
  readonly lease?: number;
  /** Milliseconds to the second attempt of a move, doubled for each one after, up to 10,000; default 200. */
  readonly backoff?: number;
}

export interface SagaOptions {
  readonly repository: Repository;
  readonly sides: FarSides;
  /** Of this process, the same after a restart. */
  readonly owner: string;
  readonly timing: SagaTiming;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const longestPause = 10_000;
/** Milliseconds between two looks for sagas that nobody is at. */
const lookEvery = 1000;

/** Begins at once with what nobody is at, and looks for more each second. */
export function createSagaRunner(options: SagaOptions): SagaRunner {
  const { repository, owner, clock, log, timing } = options;
  const { lease: leaseFor = 30_000 } = timing;
  const running = new Map<number, Promise<void>>();
  const ended = Promise.withResolvers<void>();
  let isClosed = false;
  let cancelLook = (): void => {};
  let looking: Promise<void> = Promise.resolve();

  const lease = (): Lease => ({ owner, until: clock.wall() + leaseFor });

  const pause = async (ms: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(ms, resolve);
    await Promise.race([promise, ended.promise]);
    cancel();
  };

  const run: SagaRunner['run'] = (id, { card, trace }) => {
    if (isClosed || running.has(id)) return;
    const saga = bringToEnd(options, { id, card, trace, lease, pause, isClosed: () => isClosed });
    const work = saga
      .catch(error => log('error', `saga of order ${id}: ${String(error)}`, { trace }))
      .finally(() => running.delete(id));
    running.set(id, work);
  };

  const look = (): void => {
    looking = resume()
      .catch(error => log('warn', `sagas: ${String(error)}`))
      .finally(() => {
        if (!isClosed) cancelLook = clock.after(lookEvery, look);
      });
  };
  async function resume(): Promise<void> {
    for (const id of await repository.sagas.claim(owner, clock.wall(), lease().until)) {
      run(id, { card: undefined, trace: newTrace() });
    }
  }

  look();
  return {
    run,
    lease,
    async settled(id, ms) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(ms, resolve);
      await Promise.race([running.get(id), late, ended.promise]);
      cancel();
    },
    async close() {
      isClosed = true;
      cancelLook();
      ended.resolve();
      await looking;
      cancelLook();
      await Promise.all(running.values());
      await repository.sagas.letGo(owner).catch(error => log('warn', `sagas: ${String(error)}`));
    },
  };
}

interface Run {
  readonly id: number;
  readonly card: string | undefined;
  readonly trace: Trace;
  lease(): Lease;
  pause(ms: number): Promise<void>;
  isClosed(): boolean;
}

async function bringToEnd(options: SagaOptions, run: Run): Promise<void> {
  const { repository, sides, owner, clock, log, metrics } = options;
  const { patience = 15_000, grace = 5000, backoff = 200 } = options.timing;
  const { id, card, trace } = run;
  const occasion = (): Occasion => ({ now: clock.wall(), trace, lease: run.lease() });
  let [attempt, since, wasAsked] = [0, clock.now(), false];

  let { state } = await repository.load(id);
  for (let move = nextMove(state); move && !run.isClosed(); move = nextMove(state)) {
    if (!(await repository.sagas.renew(id, owner, run.lease().until))) return;
    const isFresh = clock.wall() - Date.parse(state.saga?.at ?? '') < grace;
    const isDoubtful = wasAsked || card === undefined;
    const command = await perform(move, state, sides, { card, isFresh, trace }).then(
      given => (isDoubtful ? inDoubt(given) : given),
      (error: unknown): Command | OutgoingFailure => {
        if (!(error instanceof OutgoingFailure)) throw error;
        wasAsked ||= !error.isUnasked;
        const isOver = clock.now() - since >= patience && mayGiveUp(move);
        return isOver ? giveUp(move, error, wasAsked || card === undefined) : error;
      },
    );
    const labels = { move: `${move.kind}-${move.step.name}` };
    if (command instanceof OutgoingFailure) {
      metrics.count('orders_saga_moves_total', { ...labels, outcome: command.kind });
      log('warn', `saga of order ${id}: ${labels.move}: ${command.message}`, { trace });
      attempt += 1;
      await run.pause(Math.min(longestPause, backoff * 2 ** (attempt - 1)));
      ({ state } = await repository.load(id));
      continue;
    }
    state = await execute(repository, id, command, occasion());
    metrics.count('orders_saga_moves_total', { ...labels, outcome: command.kind });
    log('info', `saga of order ${id}: ${labels.move}: ${command.kind}`, { trace });
    [attempt, since, wasAsked] = [0, clock.now(), false];
  }
}

/** What is beyond the point of no return, and what takes back, is tried until it is known. */
const mayGiveUp = ({ kind, step }: Move): boolean => kind === 'do' && step.isGivenUp;

/** A refusal after a request that nobody answered: that one may still arrive, and be met. */
const inDoubt = (command: Command): Command =>
  command.kind === 'note-failed' ? { ...command, isCertain: false } : command;

/** A step that nobody answered may have been done all the same, so it is undone with the others. */
const giveUp = ({ step }: Move, { message }: OutgoingFailure, wasAsked: boolean): Command => ({
  ...{ kind: 'note-failed', step: step.name, code: 'no-answer' },
  ...{ detail: message.slice(0, 200), isCertain: !wasAsked },
});
