import { type Clock, systemClock } from '../core/clock.ts';
import { formatSize } from '../core/units.ts';
import type { Lane } from './task.ts';
import { type Call, type Reply, type TaskName, tasks } from './tasks/list.ts';

const mebi = 1024 * 1024;

interface Bounds {
  /** That wait, or are under way. */
  readonly calls: number;
  readonly bytes: number;
  /** Milliseconds after which a call is rejected. */
  readonly deadline: number;
  /** That go to the database together. */
  readonly atOnce: number;
}

/** Each lane has its own room, so that comparisons are given up long before a hold is. */
export const laneBounds: Readonly<Record<Lane, Bounds>> = {
  vital: { calls: 20_000, bytes: 64 * mebi, deadline: 5000, atOnce: 1000 },
  steady: { calls: 1000, bytes: 64 * mebi, deadline: 20_000, atOnce: 1 },
  bulk: { calls: 200, bytes: 32 * mebi, deadline: 20_000, atOnce: 1 },
};

/** While the store is away it is asked so often whether it is back, milliseconds. */
const probeEvery = 2000;

/** How long `close` waits for what was asked for, milliseconds. */
const patience = 5000;

/** One database. */
export interface Backend {
  /**
   * Runs the calls in their order, all together or each by itself. Rejects where nothing can be done at all.
   * @param deadline milliseconds after which nobody waits for it any more.
   */
  run(calls: readonly Call[], deadline: number): Promise<readonly Reply[]>;
  close(): Promise<void>;
}

export interface Lanes {
  /** @param bytes about what the call carries. */
  call(name: TaskName, given: readonly unknown[], bytes: number): Promise<unknown>;
  /** Why the last call failed; undefined where it did not. */
  readonly failure: string | undefined;
  close(): Promise<void>;
}

export interface LanesOptions {
  /** For people: `store data/figway.db`. */
  readonly name: string;
  readonly backend: Backend;
  /** Lanes that share a connection, each group its own. Within one the first that waits goes first. */
  readonly ways: readonly (readonly Lane[])[];
  readonly clock?: Clock;
}

interface Waiting extends Call {
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
  /** Its deadline has passed. */
  isLate: boolean;
}

/** Calls on their way to a database: bounded, in their order of importance, none longer than its deadline. */
export function createLanes({ name, backend, ways, clock = systemClock }: LanesOptions): Lanes {
  const queues: Record<Lane, Waiting[]> = { vital: [], steady: [], bulk: [] };
  const load: Record<Lane, { calls: number; bytes: number }> = {
    vital: { calls: 0, bytes: 0 },
    steady: { calls: 0, bytes: 0 },
    bulk: { calls: 0, bytes: 0 },
  };
  const busy = new Set<readonly Lane[]>();
  let failure: { readonly reason: string; readonly writes: boolean } | undefined;
  let cancelProbe: (() => void) | undefined;
  let isClosed = false;
  let tellIdle = () => {};

  const toError = (reason: string) => new Error(`${name} is away: ${reason}`);

  function fail(reason: string, writes: boolean): void {
    failure = { reason, writes: writes || failure?.writes === true };
    if (isClosed) return;
    cancelProbe ??= clock.after(probeEvery, () => {
      cancelProbe = undefined;
      call('probe', [], 0).catch(() => undefined);
    });
  }

  /** A disk that is full can still be read: only a write shows that it takes something again. */
  function succeed(writes: boolean): void {
    if (failure !== undefined && (writes || !failure.writes)) failure = undefined;
  }

  function call(task: TaskName, given: readonly unknown[], bytes: number): Promise<unknown> {
    const { lane, writes } = tasks[task];
    const { calls, bytes: room, deadline } = laneBounds[lane];
    if (isClosed) return Promise.reject(toError('it was closed'));
    if (load[lane].calls >= calls) return Promise.reject(toError(`${calls} calls are waiting for it`));
    if (load[lane].bytes + bytes > room)
      return Promise.reject(
        toError(
          `${formatSize(bytes)} would wait beside ${formatSize(load[lane].bytes)}, the bound is ${formatSize(room)}`,
        ),
      );
    load[lane].calls += 1;
    load[lane].bytes += bytes;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(deadline, () => {
        waiting.isLate = true;
        const reason = `no answer within ${deadline / 1000} s`;
        fail(reason, writes);
        reject(toError(reason));
      });
      const waiting: Waiting = { name: task, given, bytes, resolve, reject, cancel, isLate: false };
      queues[lane].push(waiting);
      // What else is asked for in this turn goes along.
      queueMicrotask(pump);
    });
  }

  function pump(): void {
    for (const way of ways) {
      if (busy.has(way)) continue;
      for (const lane of way) {
        const batch = take(lane);
        if (batch.length === 0) continue;
        busy.add(way);
        void send(batch, laneBounds[lane].deadline).then(() => {
          busy.delete(way);
          pump();
        });
        break;
      }
    }
    if (load.vital.calls + load.steady.calls + load.bulk.calls === 0) tellIdle();
  }

  function take(lane: Lane): Waiting[] {
    const queue = queues[lane];
    const batch: Waiting[] = [];
    let at = 0;
    for (; at < queue.length && batch.length < laneBounds[lane].atOnce; at++) {
      const waiting = queue[at]!;
      if (waiting.isLate) leave(waiting);
      else batch.push(waiting);
    }
    queue.splice(0, at);
    return batch;
  }

  function leave({ name: task, bytes, cancel }: Waiting): void {
    cancel();
    const { lane } = tasks[task];
    load[lane].calls -= 1;
    load[lane].bytes -= bytes;
  }

  async function send(batch: readonly Waiting[], deadline: number): Promise<void> {
    const calls = batch.map(({ name: task, given }) => ({ name: task, given }));
    const replies = await backend.run(calls, deadline).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      return calls.map(() => ({ error: reason }));
    });
    for (const [at, waiting] of batch.entries()) settle(waiting, replies[at] ?? { error: 'no answer' });
  }

  function settle(waiting: Waiting, reply: Reply): void {
    leave(waiting);
    const { writes } = tasks[waiting.name];
    if ('error' in reply) {
      fail(reply.error, writes);
      waiting.reject(toError(reply.error));
    } else {
      succeed(writes);
      waiting.resolve(reply.value);
    }
  }

  return {
    call,
    get failure() {
      return failure?.reason;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancelProbe?.();
      await new Promise<void>(resolve => {
        const cancel = clock.after(patience, resolve);
        tellIdle = () => {
          cancel();
          resolve();
        };
        pump();
      });
      for (const waiting of Object.values(queues).flat()) {
        waiting.cancel();
        waiting.reject(toError('it was closed'));
      }
      await backend.close();
    },
  };
}
