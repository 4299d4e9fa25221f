import {
  admitLine,
  giveLine,
  openAccount,
  type RecordAccount,
  recordBounds,
} from '../compare/record-account.ts';
import type { Recording } from '../compare/recording.ts';
import type { Clock } from '../core/clock.ts';
import type { FromWorker, RecordAsked, ToWorker } from './messages.ts';

/** Milliseconds that workers go on after the time of a recording, so that it is this process that ends it. */
const grace = 10_000;

/** Recording where workers serve: each of them records what it serves, and here it comes together within the bounds. */
export interface Recordings extends Pick<Recording, 'open' | 'close'> {
  /** Those under way, for a worker that begins now. */
  asked(): readonly RecordAsked[];
  heard(message: Extract<FromWorker, { kind: 'recorded' | 'left-out' }>): void;
}

interface Open {
  readonly asked: RecordAsked;
  readonly account: RecordAccount;
}

export function createRecordings(clock: Clock, tellAll: (message: ToWorker) => void): Recordings {
  const open = new Map<number, Open>();
  let lastId = 0;

  return {
    open(order) {
      if (open.size >= recordBounds.recordings) return undefined;
      const id = ++lastId;
      const asked = { id, route: order.route, time: order.time + grace };
      const account = openAccount(order, why => {
        if (!open.delete(id)) return;
        cancel();
        tellAll({ kind: 'record-end', id });
        if (why !== undefined) order.onEnd(why, account.counts);
      });
      const cancel = clock.after(order.time, () => account.end('time'));
      open.set(id, { asked, account });
      tellAll({ kind: 'record', asked });
      return { counts: account.counts, stop: () => account.end(undefined) };
    },
    close() {
      for (const { account } of [...open.values()]) account.end('closed');
    },
    asked: () => [...open.values()].map(({ asked }) => asked),
    heard(message) {
      const account = open.get(message.id)?.account;
      if (account === undefined) return;
      account.counts.leftOut += message.leftOut;
      if (message.kind === 'recorded' && admitLine(account, clock.now())) giveLine(account, message.line);
    },
  };
}
