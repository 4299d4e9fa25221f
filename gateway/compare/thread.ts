import { randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { BodyDigest } from '../proxy/bounded-body.ts';
import { compareAtOnce } from './at-once.ts';
import type { RulesOrder } from './shadowing.ts';
import type {
  FromWorker,
  PackedAnswer,
  PackedPair,
  PairResult,
  Stretch,
  ToWorker,
  WorkerData,
} from './worker-messages.ts';

/** One side's answer before it goes to the thread. */
export interface JobAnswer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly chunks: readonly Uint8Array[];
  /** Of a body that was too large to be kept. */
  readonly digest?: BodyDigest | undefined;
  readonly ms: number;
}

/** Two answers to be compared. */
export interface PairJob {
  readonly rules: RulesOrder;
  readonly method: string;
  readonly target: string;
  readonly who: string;
  /** Of the request; empty for none. */
  readonly upload: readonly Uint8Array[];
  readonly legacy: JobAnswer;
  readonly service: JobAnswer;
  readonly legacy2?: JobAnswer | undefined;
  /** Hears once how it ended; undefined: the thread was lost. */
  readonly done: (result: PairResult | undefined) => void;
}

/**
 * The thread that parses and compares, so that the event loop that serves clients only copies bytes, or holds them against
 * each other where that is less.
 */
export interface ComparingThread {
  /** False if there is no room, and then `done` is never called. */
  compare(job: PairJob): boolean;
  /** Pairs that wait for it or are with it. */
  readonly queued: number;
  /** What is queued is lost. */
  close(): Promise<void>;
}

export interface ComparingThreadDeps {
  readonly clock: Clock;
  readonly events: Events;
  /** What `keep: shapes` hashes with; default: the same for all of this process. */
  readonly shapeKey?: Uint8Array | undefined;
}

/** Pairs and bytes that may wait for the thread (comparison.md §7). */
const room = { pairs: 64, bytes: 64 * 1024 * 1024 };
/** Bytes after which a batch is full; a single pair may have more. */
const maxBatch = 4 * 1024 * 1024;
/** A batch of so many pairs or bytes is sent at once; a smaller one waits for company, so many milliseconds. */
const enough = { pairs: 16, bytes: 1024 * 1024, ms: 10 };
/** Milliseconds for one batch; a thread that takes longer hangs. */
export const watchdog = 10_000;
/** Milliseconds before a thread that was lost is started again, doubled for each in a row. */
const pause = { first: 100, most: 30_000 };
/** Rules that the thread keeps compiled. */
const maxRules = 1000;
/** MiB. A pair that needs more ends the thread, not the gateway. */
const heap = 768;
/** Kept nowhere: with it what `keep: shapes` kept of short values could be found out by trying. */
export const makeShapeKey = (): Uint8Array => randomBytes(32);

const ownShapeKey = makeShapeKey();

export function createComparingThread({ clock, events, ...given }: ComparingThreadDeps): ComparingThread {
  const { shapeKey = ownShapeKey } = given;
  let worker: Worker | undefined;
  let waiting: PairJob[] = [];
  /** With the thread now. */
  let batch: readonly PairJob[] = [];
  let bytes = 0;
  const sent = new Set<string>();
  let cancelPump: (() => void) | undefined;
  let cancelWatchdog = (): void => {};
  let losses = 0;
  let restUntil = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  const start = (): Worker => {
    // The package is JavaScript, the checkout TypeScript.
    const source = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    const started = new Worker(source, {
      name: 'compare',
      execArgv: [],
      env: {},
      workerData: { shapeKey } satisfies WorkerData,
      resourceLimits: { maxOldGenerationSizeMb: heap },
    });
    started.on('message', answer => receive(started, answer as FromWorker));
    started.on('error', error => lose(started, error instanceof Error ? error.message : String(error)));
    started.on('exit', code => lose(started, `it ended with ${code}`));
    return started;
  };

  /** To wake the thread costs both threads more than to compare a small pair. */
  const schedule = (): void => {
    if (batch.length > 0) return;
    if (waiting.length >= enough.pairs || bytes >= enough.bytes) pump();
    else cancelPump ??= clock.after(enough.ms, pump);
  };

  /** Sends the next batch. One at a time: the thread answers it as fast as it can, and meanwhile the next one grows. */
  const pump = (): void => {
    cancelPump?.();
    cancelPump = undefined;
    if (isClosed || batch.length > 0 || waiting.length === 0) return;
    worker ??= start();
    // What is under way keeps the process alive, an idle thread does not.
    worker.ref();
    batch = takeBatch(waiting);
    waiting = waiting.slice(batch.length);
    sendRules(worker, batch);
    const packed = pack(batch);
    const lost = worker;
    cancelWatchdog = clock.after(watchdog, () => lose(lost, `no answer within ${watchdog} ms`));
    worker.postMessage(packed satisfies ToWorker, [packed.bytes]);
  };

  const sendRules = (to: Worker, jobs: readonly PairJob[]): void => {
    if (sent.size > maxRules) {
      to.postMessage({ kind: 'forget' } satisfies ToWorker);
      sent.clear();
    }
    for (const { rules } of jobs) {
      if (sent.has(rules.id)) continue;
      sent.add(rules.id);
      to.postMessage({ kind: 'rules', order: rules } satisfies ToWorker);
    }
  };

  const receive = (from: Worker, { results }: FromWorker): void => {
    if (from !== worker) return;
    cancelWatchdog();
    losses = 0;
    const done = batch;
    batch = [];
    for (const [at, job] of done.entries()) {
      bytes -= bytesOf(job);
      const result = results[at];
      job.done(typeof result === 'object' ? result : undefined);
    }
    afterwards();
  };

  const lose = (lost: Worker, reason: string): void => {
    if (lost !== worker) return;
    cancelWatchdog();
    worker = undefined;
    sent.clear();
    void lost.terminate();
    restUntil = clock.now() + Math.min(pause.most, pause.first * 2 ** losses++);
    events.emit({ type: 'compare-worker-lost', reason, lost: batch.length + waiting.length });
    failAll();
  };

  const failAll = (): void => {
    const jobs = [...batch, ...waiting];
    batch = [];
    waiting = [];
    bytes = 0;
    for (const job of jobs) job.done(undefined);
    afterwards();
  };

  const afterwards = (): void => {
    if (waiting.length > 0) schedule();
    else if (batch.length === 0) worker?.unref();
  };

  return {
    compare(job) {
      const size = bytesOf(job);
      if (isClosed) return false;
      const result = compareAtOnce(job);
      if (result !== undefined) {
        job.done(result);
        return true;
      }
      if (batch.length + waiting.length >= room.pairs || bytes + size > room.bytes) return false;
      if (clock.now() < restUntil) {
        job.done(undefined);
        return true;
      }
      bytes += size;
      waiting.push(job);
      schedule();
      return true;
    },
    get queued() {
      return batch.length + waiting.length;
    },
    async close() {
      isClosed = true;
      cancelWatchdog();
      cancelPump?.();
      const ended = worker;
      worker = undefined;
      failAll();
      await ended?.terminate();
    },
  };
}

function takeBatch(waiting: readonly PairJob[]): readonly PairJob[] {
  let size = 0;
  let end = 0;
  while (end < waiting.length && (end === 0 || size < maxBatch)) size += bytesOf(waiting[end++] as PairJob);
  return waiting.slice(0, end);
}

const answersOf = ({ legacy, service, legacy2 }: PairJob): readonly JobAnswer[] =>
  legacy2 === undefined ? [legacy, service] : [legacy, service, legacy2];

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, chunk) => sum + chunk.length, 0);

const bytesOf = (job: PairJob): number =>
  answersOf(job).reduce((sum, { chunks }) => sum + lengthOf(chunks), lengthOf(job.upload));

/** All bodies of a batch in one buffer, which is handed over and not copied again. */
function pack(batch: readonly PairJob[]): Extract<ToWorker, { kind: 'pairs' }> {
  const bytes = new Uint8Array(batch.reduce((sum, job) => sum + bytesOf(job), 0));
  let at = 0;
  const put = (chunks: readonly Uint8Array[]): Stretch => {
    const from = at;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return { at: from, length: at - from };
  };
  const putAnswer = ({ chunks, ...rest }: JobAnswer): PackedAnswer => ({ ...rest, body: put(chunks) });
  const pairs = batch.map(
    ({ rules, method, target, who, upload, legacy, service, legacy2 }): PackedPair => ({
      rules: rules.id,
      method,
      target,
      who,
      upload: upload.length === 0 ? undefined : put(upload),
      legacy: putAnswer(legacy),
      service: putAnswer(service),
      legacy2: legacy2 && putAnswer(legacy2),
    }),
  );
  return { kind: 'pairs', pairs, bytes: bytes.buffer };
}
