import type { Clock } from '../core/clock.ts';

/** Characters that are written at once rather than held for more. */
const chunk = 64 * 1024;
/** The longest that a line waits for company, milliseconds. */
const longestWait = 100;
/** Above this backlog of the writer, lines wait here. */
const backlogBound = 1024 * 1024;
/** Characters that wait here at most; lines beyond are dropped and counted. */
const heldBound = 1024 * 1024;

/** Collects lines into few writes: one write a request would cost a fifth of the throughput. */
export interface LineBuffer {
  /** @param lines how many there are in it, divided by line breaks; default 1. */
  add(line: string, lines?: number): void;
  /** Writes what is held now. */
  flush(): void;
  /** Lines that found no room since the start. */
  readonly dropped: number;
  close(): void;
}

export interface LineBufferDeps {
  write(lines: string): void;
  /** Characters that `write` has taken and not passed on yet. */
  backlog(): number;
  readonly clock: Clock;
}

export function createLineBuffer({ write, backlog, clock }: LineBufferDeps): LineBuffer {
  let held = '';
  let dropped = 0;
  let told = 0;
  let isWaiting = false;
  let cancel = () => {};

  function flush(): void {
    cancel();
    isWaiting = false;
    if (held === '') return;
    const lines = held;
    held = '';
    write(lines);
  }

  function tick(): void {
    isWaiting = false;
    if (backlog() > backlogBound) {
      wait();
      return;
    }
    if (dropped > told) {
      const time = new Date(clock.wall()).toISOString();
      held += `\n${JSON.stringify({ time, level: 'error', event: 'log-lines-dropped', lines: dropped - told })}`;
      told = dropped;
    }
    flush();
  }

  function wait(): void {
    if (isWaiting) return;
    isWaiting = true;
    cancel = clock.after(longestWait, tick);
  }

  return {
    add(line, lines = 1) {
      if (held.length + line.length > heldBound) {
        dropped += lines;
        return;
      }
      held = held === '' ? line : `${held}\n${line}`;
      if (held.length >= chunk && backlog() <= backlogBound) flush();
      else wait();
    },
    flush,
    get dropped() {
      return dropped;
    },
    close: flush,
  };
}
