import type { Clock } from '../clock.ts';
import { type SubscribeOptions, Unhandleable } from './bus.ts';

/** How long handlers under way may take when their subscription ends, in milliseconds. */
export const closeLimit = 10_000;
/** Dead letters that one list shows. */
export const maxListed = 1000;

const maxBackoff = 30_000;
const maxReason = 500;

/** A subscription with its defaults. Throws a TypeError for a name or a number that cannot be. */
export function toSettings(options: SubscribeOptions): Required<SubscribeOptions> {
  const settings = { prefetch: 16, attempts: 5, backoff: 200, ...options };
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(settings.group)) {
    throw new TypeError(`group: expected a lower-case word of at most 63 characters, got ${settings.group}`);
  }
  if (settings.types.length === 0) throw new TypeError('types: expected at least one');
  for (const name of ['prefetch', 'attempts'] as const) {
    const value = settings[name];
    if (!Number.isInteger(value) || value < 1 || value > 1000) {
      throw new TypeError(`${name}: expected a whole number from 1 to 1000, got ${value}`);
    }
  }
  return settings;
}

/** Milliseconds to wait after the `attempt`th failure. */
export const backoffAfter = (attempt: number, first: number): number =>
  Math.min(maxBackoff, first * 2 ** (attempt - 1));

/** Whether the `attempt`th failure was the last. */
export const isLast = (error: unknown, attempt: number, attempts: number): boolean =>
  attempt >= attempts || error instanceof Unhandleable;

/** What a handler threw, in at most 500 characters. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, maxReason);

/** Resolves when all have settled, or after `closeLimit`. */
export async function settleAll(work: Iterable<Promise<unknown>>, clock: Clock): Promise<void> {
  const { promise: isLate, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(closeLimit, resolve);
  await Promise.race([Promise.allSettled(work), isLate]);
  cancel();
}
