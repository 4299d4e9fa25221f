import { type Channel, openChannel } from './channel.ts';
import { createConfigIntake } from './config-slices.ts';
import { createHitsClient } from './hits.ts';
import type { StartOrder, ToWorker } from './messages.ts';
import { openWorker, type Worker } from './worker.ts';

/** A worker from its first word to its end. Signals are for the process that started it, which tells what is to be done. */
export function runWorker(): void {
  const channel = openChannel();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  const configs = createConfigIntake();
  const hits = createHitsClient(channel);
  let order: StartOrder | undefined;
  let worker: Worker | undefined;
  /** What takes time is done one after the other, in the order in which it was asked for. */
  let turn = Promise.resolve();

  const then = (task: (running: Worker) => Promise<unknown> | unknown): void => {
    turn = turn.then(async () => {
      if (worker !== undefined) await task(worker);
    });
  };

  const start = async (given: StartOrder): Promise<void> => {
    worker = await openWorker(given, { first: configs.take(), channel, hits });
    const url = await worker.listen();
    channel.send({ kind: 'ready', url });
  };

  const run = async (): Promise<void> => {
    if (order === undefined) throw new TypeError('a worker is told how to start before anything else');
    if (worker === undefined) return start(order);
    const result = await worker.run(configs.take());
    // What the first process could compile every worker can; else it begins anew.
    if (!result.isGood) throw new Error(`the config is refused: ${result.problems.at(-1)?.message}`);
  };

  const hear = (message: ToWorker): void => {
    switch (message.kind) {
      case 'start':
        order = message.order;
        break;
      case 'config':
        // One that is being taken in is not to be mixed with the next.
        turn = turn.then(() => configs.begin(message.loaded));
        break;
      case 'routes':
        turn = turn.then(() => configs.add(message.routes));
        break;
      case 'run':
        turn = turn.then(run).catch((error: unknown) => fail(channel, error));
        break;
      case 'holds':
        // At once: a hold waits for no reload. Before there is a worker, it is asked for after the start.
        if (worker === undefined) then(running => running.hold(message.set, message.gone));
        else worker.hold(message.set, message.gone);
        break;
      case 'counted':
        hits.counted(message.id, message.answer);
        break;
      case 'ask':
        then(async running => {
          running.noteStore(message.isStoreAway);
          const answer = await running.answer(message.question);
          channel.send({ kind: 'answer', id: message.id, answer });
        });
        break;
      case 'record':
        then(running => running.record(message.asked));
        break;
      case 'record-end':
        then(running => running.endRecord(message.id));
        break;
      case 'goodbye':
        worker?.sayGoodbye();
        break;
      case 'drain':
        void end(message.ms, 0);
        break;
    }
  };

  let ending: Promise<void> | undefined;
  const end = (ms: number, code: number): Promise<void> => {
    ending ??= (worker?.drain(ms) ?? Promise.resolve())
      .then(() => channel.sendLast({ kind: 'drained' }))
      .finally(() => process.exit(code));
    return ending;
  };

  process.on('uncaughtException', error => {
    if (worker === undefined) fail(channel, error);
    else {
      worker.events.emit({ type: 'crashed', error });
      void end(worker.drainTimeout, 1);
    }
  });
  channel.hear(hear);
  channel.send({ kind: 'hello' });
}

/** It cannot serve, or not by what it was told: another worker begins anew. */
function fail(channel: Channel, error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  const message = error instanceof Error ? error.message : String(error);
  void channel.sendLast({ kind: 'failed', message, code }).then(() => process.exit(1));
}
