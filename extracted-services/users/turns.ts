/** Lets few run at once and few wait; the others are told at once. */
export interface Turns {
  /** Rejects with `Crowded` if too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export class Crowded extends Error {
  override readonly name = 'Crowded';
}

export function createTurns(bounds: { readonly running: number; readonly waiting: number }): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running >= bounds.running) {
        if (waiting.length >= bounds.waiting) throw new Crowded(`${bounds.waiting} wait already`);
        // Whoever ends hands over the place, so nobody slips in between.
        await new Promise<void>(resolve => waiting.push(resolve));
      } else running += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}
