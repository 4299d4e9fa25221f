import type { Opened, Recording } from '../compare/recording.ts';
import type { Channel } from './channel.ts';
import type { RecordAsked } from './messages.ts';

/** A worker's share in the recordings of the gateway. */
export interface OwnRecordings {
  open(asked: RecordAsked): void;
  /** Says how many lines were left out meanwhile. */
  tell(): void;
  end(id: number): void;
}

interface Own {
  readonly opened: Opened;
  /** Lines left out of which it was told. */
  told: number;
}

export function createOwnRecordings(
  recording: Pick<Recording, 'open'>,
  channel: Pick<Channel, 'send' | 'isBehind'>,
): OwnRecordings {
  const own = new Map<number, Own>();

  const takeLeftOut = (id: number): number => {
    const found = own.get(id);
    if (found === undefined) return 0;
    const grown = found.opened.counts.leftOut - found.told;
    found.told += grown;
    return grown;
  };

  return {
    open({ id, route, time }) {
      const opened = recording.open({
        ...{ route, time },
        write(line) {
          if (channel.isBehind) return false;
          channel.send({ kind: 'recorded', id, line, leftOut: takeLeftOut(id) });
          return true;
        },
        onEnd: () => own.delete(id),
      });
      if (opened !== undefined) own.set(id, { opened, told: 0 });
    },
    tell() {
      for (const id of own.keys()) {
        const leftOut = takeLeftOut(id);
        if (leftOut > 0) channel.send({ kind: 'left-out', id, leftOut });
      }
    },
    end(id) {
      own.get(id)?.opened.stop();
      own.delete(id);
    },
  };
}
