import { type RecordEnd, type Recording, type RecordOrder, recordBounds } from '../compare/recording.ts';
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
  readonly order: RecordOrder;
  readonly counts: { recorded: number; leftOut: number };
  bytes: number;
  second: number;
  inSecond: number;
  end(why: RecordEnd | undefined): void;
}

export function createRecordings(clock: Clock, tellAll: (message: ToWorker) => void): Recordings {
  const open = new Map<number, Open>();
  let lastId = 0;

  const hasRoom = (recording: Open): boolean => {
    const second = Math.floor(clock.now() / 1000);
    if (recording.second !== second) [recording.second, recording.inSecond] = [second, 0];
    return recording.inSecond++ < recordBounds.linesPerSecond;
  };

  const take = (recording: Open, line: string): void => {
    const { counts, order } = recording;
    if (!hasRoom(recording) || !order.write(line)) {
      counts.leftOut++;
      return;
    }
    counts.recorded++;
    recording.bytes += Buffer.byteLength(line);
    if (recording.bytes >= recordBounds.bytes) recording.end('bytes');
  };

  return {
    open(order) {
      if (open.size >= recordBounds.recordings) return undefined;
      const id = ++lastId;
      const recording: Open = {
        asked: { id, route: order.route, time: order.time + grace },
        ...{ order, counts: { recorded: 0, leftOut: 0 }, bytes: 0, second: 0, inSecond: 0 },
        end(why) {
          if (!open.delete(id)) return;
          cancel();
          tellAll({ kind: 'record-end', id });
          if (why !== undefined) order.onEnd(why, recording.counts);
        },
      };
      const cancel = clock.after(order.time, () => recording.end('time'));
      open.set(id, recording);
      tellAll({ kind: 'record', asked: recording.asked });
      return { counts: recording.counts, stop: () => recording.end(undefined) };
    },
    close() {
      for (const recording of [...open.values()]) recording.end('closed');
    },
    asked: () => [...open.values()].map(({ asked }) => asked),
    heard(message) {
      const recording = open.get(message.id);
      if (recording === undefined) return;
      recording.counts.leftOut += message.leftOut;
      if (message.kind === 'recorded') take(recording, message.line);
    },
  };
}
