import type { Clock } from '../chassis/clock.ts';

/** The last good answers, for when there is no better one. In memory, bounded, each for a while. */
export interface Kept {
  put(key: string, value: unknown): void;
  /** Undefined if it is not there, or too old. */
  get(key: string): KeptValue | undefined;
  drop(key: string): void;
}

export interface KeptValue {
  readonly value: unknown;
  /** Milliseconds since it was good. */
  readonly age: number;
}

export interface KeptOptions {
  /** Milliseconds. */
  readonly maxAge: number;
  /** What was put longest ago makes room. */
  readonly maxEntries: number;
  readonly clock: Clock;
}

export function createKept({ maxAge, maxEntries, clock }: KeptOptions): Kept {
  const entries = new Map<string, { readonly value: unknown; readonly at: number }>();
  return {
    put(key, value) {
      entries.delete(key);
      entries.set(key, { value, at: clock.now() });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
    },
    get(key) {
      const found = entries.get(key);
      if (!found) return undefined;
      const age = clock.now() - found.at;
      if (age <= maxAge) return { value: found.value, age };
      entries.delete(key);
      return undefined;
    },
    drop(key) {
      entries.delete(key);
    },
  };
}
