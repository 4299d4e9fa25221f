import type { FromWorker, ToWorker } from './messages.ts';

/** Characters on their way above which what can wait does. */
const behindBound = 4 * 1024 * 1024;

/** A worker's way to the process that started it. */
export interface Channel {
  send(message: FromWorker): void;
  /** The same; settled once it is out of this process. */
  sendLast(message: FromWorker): Promise<void>;
  hear(listener: (message: ToWorker) => void): void;
  /** Characters of lines and items that are not out of this process yet. */
  readonly backlog: number;
  readonly isBehind: boolean;
}

/** @throws TypeError where this process was not started as a worker. */
export function openChannel(): Channel {
  if (process.send === undefined)
    throw new TypeError('a worker has a channel to the process that started it');
  let backlog = 0;
  const pass = (message: FromWorker, onDone: () => void): void => {
    const size = sizeOf(message);
    backlog += size;
    // Where the other process is gone this one ends too.
    process.send?.(message, undefined, undefined, () => {
      backlog -= size;
      onDone();
    });
  };
  return {
    send: message => pass(message, () => {}),
    sendLast: message => new Promise(resolve => pass(message, resolve)),
    hear: listener => void process.on('message', message => listener(message as ToWorker)),
    get backlog() {
      return backlog;
    },
    get isBehind() {
      return backlog > behindBound;
    },
  };
}

function sizeOf(message: FromWorker): number {
  switch (message.kind) {
    case 'told':
      return message.items.length;
    case 'lines':
      return message.lines.length;
    case 'recorded':
      return message.line.length;
    default:
      return 0;
  }
}
