import type { Clock } from '../../chassis/clock.ts';
import { type FunctionAnswer, type FunctionEvent, FunctionFailure } from './function.ts';
import type { Instance } from './instance.ts';

/** Instances of one function: none while nobody asks, more while many do, up to a bound. */
export interface Pool {
  /** Rejects with a FunctionFailure. */
  invoke(event: FunctionEvent, requestId: string): Promise<Invoked>;
  /** Instances that run or start. */
  size(): number;
  /** Ends all instances. */
  close(): Promise<void>;
}

export interface Invoked {
  readonly answer: FunctionAnswer;
  /** Milliseconds that this event waited for its instance to start; undefined for a warm one. */
  readonly coldMs: number | undefined;
  /** Milliseconds that the function took. */
  readonly runMs: number;
}

export interface PoolBounds {
  /** Milliseconds that a function may take, then its process is killed; also the time that an event waits for a place. */
  readonly timeout: number;
  /** Instances at once. */
  readonly concurrency: number;
  /** Events that may wait for one. */
  readonly waiting: number;
  /** Milliseconds without an event after which an instance is ended. */
  readonly idle: number;
}

interface Taken {
  readonly instance: Instance;
  readonly coldMs: number | undefined;
}

interface Waiter {
  readonly resolve: (taken: Taken | Promise<Taken>) => void;
  readonly reject: (failure: FunctionFailure) => void;
}

export function createPool(start: () => Promise<Instance>, bounds: PoolBounds, clock: Clock): Pool {
  const all = new Set<Instance>();
  /** The one that was used last is last, and is used next, so that the others become superfluous. */
  const idle = new Map<Instance, () => void>();
  const waiting = new Set<Waiter>();
  let starting = 0;

  const startOne = async (): Promise<Taken> => {
    starting += 1;
    const began = clock.now();
    try {
      const instance = await start();
      all.add(instance);
      void instance.ended.then(() => {
        all.delete(instance);
        idle.get(instance)?.();
        idle.delete(instance);
        serveNext();
      });
      return { instance, coldMs: clock.now() - began };
    } catch (error) {
      queueMicrotask(serveNext);
      throw error;
    } finally {
      starting -= 1;
    }
  };

  const take = async (): Promise<Taken> => {
    const [instance, cancel] = [...idle].at(-1) ?? [];
    if (instance) {
      cancel?.();
      idle.delete(instance);
      return { instance, coldMs: undefined };
    }
    if (all.size + starting < bounds.concurrency) return startOne();
    if (waiting.size < bounds.waiting) return waitForOne();
    throw busy(bounds);
  };

  const waitForOne = (): Promise<Taken> =>
    new Promise((resolve, reject) => {
      const cancel = clock.after(bounds.timeout, () => {
        waiting.delete(waiter);
        reject(busy(bounds));
      });
      const waiter: Waiter = {
        resolve(taken) {
          cancel();
          resolve(taken);
        },
        reject,
      };
      waiting.add(waiter);
    });

  /** Gives a place that has become free to who has waited longest. */
  const serveNext = (taken?: Taken): boolean => {
    const [waiter] = waiting;
    if (!waiter) return false;
    waiting.delete(waiter);
    waiter.resolve(taken ?? take());
    return true;
  };

  const giveBack = (instance: Instance): void => {
    if (instance.hasEnded() || serveNext({ instance, coldMs: undefined })) return;
    const end = (): void => {
      idle.delete(instance);
      void instance.end();
    };
    idle.set(instance, clock.after(bounds.idle, end));
  };

  return {
    async invoke(event, requestId) {
      const { instance, coldMs } = await take();
      const began = clock.now();
      const deadline = clock.wall() + bounds.timeout;
      try {
        const context = { requestId, deadline, isCold: coldMs !== undefined };
        const answer = await instance.invoke({ event, context }, bounds.timeout);
        return { answer, coldMs, runMs: clock.now() - began };
      } finally {
        giveBack(instance);
      }
    },
    size: () => all.size + starting,
    async close() {
      for (const waiter of waiting) waiter.reject(busy(bounds));
      waiting.clear();
      for (const cancel of idle.values()) cancel();
      await Promise.all([...all].map(instance => instance.end()));
    },
  };
}

const busy = ({ concurrency, waiting }: PoolBounds): FunctionFailure =>
  new FunctionFailure('busy', `${concurrency} instances are at work, and ${waiting} events may wait`);
