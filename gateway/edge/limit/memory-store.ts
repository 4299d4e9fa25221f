import type { Clock } from '../../core/clock.ts';
import type { Rate } from '../../core/units.ts';
import type { Count, CountStore } from './limiter.ts';

/** Keys that the rules of a gateway remember together. */
export const maxKeys = 100_000;

/** Keys that a rule may remember even if others have used all room. */
const minKeys = 1000;

/** Share of its keys that a rule forgets at once when there is no room. */
const forgotten = 1 / 16;

/** How many keys are remembered, over all rules. */
export interface Room {
  used: number;
  readonly max: number;
}

/** Counts in this process. */
export interface MemoryStore extends CountStore {
  increment(key: string): KeyWindow;
  decrement(key: string): void;
  resetKey(key: string): void;
  /** What is known of a key without a hit; undefined where its window has ended. */
  get(key: string): KeyWindow | undefined;
  /** Takes over what other processes know: `totalHits` in a window that ends at `resetAt` (monotonic). */
  learn(key: string, totalHits: number, resetAt: number): void;
  /** Forgets what has ended. Called now and then, for rules that nobody hits any more. */
  sweep(): void;
  readonly size: number;
  shutdown(): void;
}

/** The window of one key: it begins with the key's first hit. */
export class KeyWindow implements Count {
  totalHits: number;
  resetAt: number;
  /** Whether other processes' hits are in it. */
  isShared = false;
  /** Hits that this process may count without asking: they are in the total already. */
  leased = 0;
  /** More of them are asked for already. */
  isLeasing = false;
  readonly #clock: Clock;

  constructor(clock: Clock, totalHits: number, resetAt: number) {
    this.#clock = clock;
    this.totalHits = totalHits;
    this.resetAt = resetAt;
  }

  get resetTime(): Date {
    return new Date(this.#clock.wall() + this.resetAt - this.#clock.now());
  }
}

/**
 * Whether two ends are that of one window of a key. Windows begin at least one window apart, and what several
 * processes know of one differs by milliseconds.
 */
export const isSameWindow = (
  { window }: Rate,
  one: { readonly resetAt: number },
  other: { readonly resetAt: number },
): boolean => Math.abs(one.resetAt - other.resetAt) <= window / 2;

/**
 * Fixed windows, one a key, in constant time and without a timer. Windows are kept in two generations: each lasts for
 * one window, and what is in the older one when it ends has ended too, so it is dropped whole.
 *
 * Without room the oldest keys that are within their limit are forgotten, a sixteenth at once; those over it only if
 * there are no others. So nobody gets a new count by flooding with other keys.
 */
export function createMemoryStore(rate: Rate, room: Room, clock: Clock): MemoryStore {
  const { requests, window } = rate;
  let older = new Map<string, KeyWindow>();
  let newer = new Map<string, KeyWindow>();
  let turnsAt = clock.now() + window;

  /** Starts a generation when the newer one has lasted for a window. */
  const turn = (now: number): void => {
    if (now < turnsAt) return;
    room.used -= older.size;
    older = newer;
    newer = new Map();
    if (now >= turnsAt + window) {
      room.used -= older.size;
      older = new Map();
    }
    turnsAt = now + window;
  };

  const running = (key: string, now: number): KeyWindow | undefined => {
    const found = newer.get(key) ?? older.get(key);
    return found !== undefined && now < found.resetAt ? found : undefined;
  };

  const forget = (generation: Map<string, KeyWindow>, key: string): void => {
    if (generation.delete(key)) room.used -= 1;
  };

  const makeRoom = (now: number): void => {
    let left = Math.max(1, Math.floor((older.size + newer.size) * forgotten));
    const drop = (isDropped: (found: KeyWindow) => boolean): void => {
      for (const generation of [older, newer])
        for (const [key, found] of generation) {
          if (left === 0) return;
          if (!isDropped(found)) continue;
          forget(generation, key);
          left--;
        }
    };
    drop(found => found.resetAt <= now || found.totalHits <= requests);
    drop(() => true);
  };

  const open = (key: string, now: number): KeyWindow => {
    if (room.used >= room.max && older.size + newer.size >= minKeys) makeRoom(now);
    forget(older, key);
    const opened = new KeyWindow(clock, 0, now + window);
    if (!newer.has(key)) room.used += 1;
    newer.set(key, opened);
    return opened;
  };

  const increment = (key: string): KeyWindow => {
    const now = clock.now();
    turn(now);
    const found = running(key, now) ?? open(key, now);
    found.totalHits += 1;
    return found;
  };

  const clear = (): void => {
    room.used -= older.size + newer.size;
    older = new Map();
    newer = new Map();
  };

  return {
    localKeys: true,
    increment,
    note: increment,
    decrement(key) {
      const found = running(key, clock.now());
      if (found !== undefined && found.totalHits > 0) found.totalHits -= 1;
    },
    learn(key, totalHits, resetAt) {
      const now = clock.now();
      turn(now);
      if (resetAt <= now) return;
      let known = running(key, now) ?? open(key, now);
      if (!isSameWindow(rate, known, { resetAt })) {
        // An answer about the last window came late.
        if (known.isShared && resetAt < known.resetAt) return;
        if (resetAt > known.resetAt) known = open(key, now);
      }
      known.totalHits = Math.max(known.totalHits, totalHits);
      known.resetAt = Math.min(resetAt, now + window);
      known.isShared = true;
    },
    get: key => running(key, clock.now()),
    resetKey(key) {
      forget(older, key);
      forget(newer, key);
    },
    resetAll: clear,
    sweep: () => turn(clock.now()),
    get size() {
      return older.size + newer.size;
    },
    shutdown: clear,
  };
}
