import cluster, { type Worker as Child } from 'node:cluster';
import type { WorkerStatus } from '../admin/deps.ts';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Good } from '../live.ts';
import { sendConfig } from './config-slices.ts';
import type { Answers, FromWorker, Question, ToWorker } from './messages.ts';
import { createQuestions } from './questions.ts';

/** Milliseconds before a worker that was lost is started again, doubled for each in a row. */
const pause = { first: 100, most: 30_000 };
/** One that served for so long was no failed start. */
const steady = 60_000;
/** Milliseconds that a worker may take to start, and to answer a question; one that hangs is ended. */
const startTime = 60_000;
const silence = 20_000;
/** Milliseconds between two questions whether it is still there. */
const askEvery = 2000;

/** A place for a worker: a process, and the one after it where that is lost. */
export interface Slot {
  readonly status: WorkerStatus;
  /** What its process said of itself last; undefined before it has. */
  readonly report: Answers['report'] | undefined;
  /** It was told how to start, and hears what is sent. */
  readonly isTold: boolean;
  start(): void;
  /** Forgotten where there is no process. */
  send(message: ToWorker): void;
  /** After what was begun before: configs do not mix. */
  sendConfig(loaded: Good): Promise<void>;
  /** Undefined where no answer came in time, or it does not serve. Never rejects. */
  ask<Q extends Question>(question: Q, ms: number): Promise<Answers[Q] | undefined>;
  /** Ends its process at once; another one takes its place. */
  replace(reason: string): void;
  /** Lets it end within `ms`, then ends it; none takes its place. */
  end(ms: number): Promise<void>;
}

export interface SlotDeps {
  readonly worker: number;
  readonly clock: Clock;
  readonly events: Events;
  readonly isStoreAway: () => boolean;
  /** Tells a new process how to start. */
  boot(slot: Slot): void;
  heard(message: FromWorker): void;
  /** It serves; or it was lost before it ever did. */
  ready(url: string): void;
  failed(error: Error): void;
}

export function createSlot(deps: SlotDeps): Slot {
  const { worker, clock, events } = deps;
  const questions = createQuestions({ ...deps, send: message => slot.send(message) });
  let child: Child | undefined;
  let state: WorkerStatus['state'] = 'starting';
  let since = clock.wall();
  let startedAt = clock.now();
  let [restarts, losses] = [0, 0];
  let [lost, reason] = ['', ''];
  let report: Answers['report'] | undefined;
  let isTold = false;
  let isEnding = false;
  let cancelTimer = (): void => {};
  let sending = Promise.resolve();

  const enter = (next: WorkerStatus['state']): void => {
    state = next;
    since = clock.wall();
  };

  const start = (): void => {
    enter('starting');
    startedAt = clock.now();
    reason = '';
    isTold = false;
    const forked = cluster.fork();
    child = forked;
    forked.on('message', message => hear(message as FromWorker));
    forked.on('error', error => {
      reason ||= error.message;
    });
    // What it has told is heard before its channel closes.
    const gone = Promise.withResolvers<void>();
    forked.once('disconnect', gone.resolve);
    forked.once(
      'exit',
      (code, signal) => void gone.promise.then(() => lose(forked, signal ?? `exit ${code}`)),
    );
    cancelTimer = clock.after(startTime, () => replace(`it did not serve within ${startTime} ms`));
  };

  const hear = (message: FromWorker): void => {
    switch (message.kind) {
      case 'hello':
        isTold = true;
        deps.boot(slot);
        break;
      case 'ready':
        cancelTimer();
        enter('serving');
        events.emit({ type: 'worker-started', worker, pid: slot.status.pid, ms: clock.now() - startedAt });
        watch();
        deps.ready(message.url);
        break;
      case 'failed':
        reason = message.message;
        if (message.code !== undefined)
          deps.failed(Object.assign(new Error(message.message), { code: message.code }));
        break;
      case 'answer':
        questions.answered(message.id, message.answer);
        break;
      default:
        deps.heard(message);
    }
  };

  const watch = (): void => {
    cancelTimer = clock.after(askEvery, () => {
      const asked = child;
      void ask('report', silence).then(answer => {
        if (child !== asked || state !== 'serving') return;
        if (answer === undefined) replace(`no answer within ${silence} ms`);
        else watch();
      });
    });
  };

  const lose = (gone: Child, how: string): void => {
    if (child !== gone) return;
    cancelTimer();
    const pid = gone.process.pid ?? 0;
    child = undefined;
    report = undefined;
    isTold = false;
    questions.forget();
    if (isEnding) return;
    if (state === 'serving' && clock.wall() - since > steady) losses = 0;
    const ms = Math.min(pause.most, pause.first * 2 ** losses++);
    restarts++;
    lost = reason === '' ? how : `${reason} (${how})`;
    enter('resting');
    events.emit({ type: 'worker-lost', worker, pid, reason: lost, ms });
    deps.failed(new Error(`worker ${worker} was lost: ${lost}`));
    // Whoever heard of it may have ended this place.
    if (!isEnding) cancelTimer = clock.after(ms, start);
  };

  const replace = (why: string): void => {
    reason ||= why;
    child?.process.kill('SIGKILL');
  };

  const ask = async <Q extends Question>(question: Q, ms: number): Promise<Answers[Q] | undefined> => {
    if (child === undefined || state !== 'serving') return undefined;
    const answer = await questions.ask(question, ms);
    if (question === 'report' && answer !== undefined && child !== undefined)
      report = answer as Answers['report'];
    return answer;
  };

  const slot: Slot = {
    get status() {
      return { worker, pid: child?.process.pid ?? 0, state, since, restarts, lost };
    },
    get report() {
      return report;
    },
    get isTold() {
      return isTold;
    },
    start,
    send(message) {
      if (child?.isConnected() === true) child.send(message);
    },
    sendConfig(loaded) {
      sending = sending.then(() => sendConfig(loaded, slot.send));
      return sending;
    },
    ask,
    replace,
    async end(ms) {
      isEnding = true;
      cancelTimer();
      const ending = child;
      if (ending === undefined) return;
      enter('draining');
      const gone = Promise.withResolvers<void>();
      ending.once('exit', () =>
        ending.isConnected() ? ending.once('disconnect', gone.resolve) : gone.resolve(),
      );
      // One that hears nothing yet serves nobody either.
      const cancel = clock.after(isTold ? ms : 0, () => ending.process.kill('SIGKILL'));
      await gone.promise;
      cancel();
    },
  };
  return slot;
}
