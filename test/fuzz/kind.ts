import fc from 'fast-check';

/** One kind of input that strangers choose, tried at random. */
export interface Kind {
  readonly name: string;
  /** Tries inputs until there were so many, or it took so long, or one fails. The same seed gives the same inputs. */
  round(options: RoundOptions): Promise<Round>;
}

export interface RoundOptions {
  readonly seed: number;
  readonly runs: number;
  readonly milliseconds: number;
}

export interface Round {
  readonly runs: number;
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly reason: string;
  /** The smallest input that was found to fail, as JavaScript. */
  readonly input: string;
}

/** @param attempt rejects where the gateway did with an input what it never may. */
export const toKind = <Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  attempt: (input: Input) => Promise<void>,
): Kind => ({
  name,
  async round({ seed, runs, milliseconds }) {
    const property = fc.asyncProperty(inputs, attempt);
    const result = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: milliseconds });
    const [input] = result.counterexample ?? [];
    const { errorInstance: error } = result;
    const reason = error instanceof Error ? error.message : String(error);
    const failure = result.counterexample === null ? undefined : { reason, input: fc.stringify(input) };
    return { runs: result.numRuns, failure };
  },
});

/** Good texts, one after the other, with some places cut out and something nasty put in; whole lines between lines. */
export function mutated(seeds: readonly string[], morsels: readonly string[]): fc.Arbitrary<string> {
  const mutation = fc.record({
    // Evenly over the text: doubles would nearly all be next to 0.
    at: fc.noBias(fc.nat(9999)),
    cut: fc.nat(12),
    put: fc.constantFrom('', ...morsels),
  });
  return fc
    .tuple(
      fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 3 }),
      fc.array(mutation, { maxLength: 4 }),
    )
    .map(([parts, mutations]) =>
      mutations.reduce((text, { at, cut, put }) => {
        const place = Math.floor((at * text.length) / 10_000);
        if (!put.endsWith('\n')) return text.slice(0, place) + put + text.slice(place + cut);
        const line = text.lastIndexOf('\n', place) + 1;
        return text.slice(0, line) + put + text.slice(line);
      }, parts.join('')),
    );
}

/** A good text with one or two of its words replaced by others, so that it mostly keeps its shape. */
export const reworded = (seeds: readonly string[], words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.noBias(fc.nat(9999)), fc.constantFrom(...words)), { minLength: 1, maxLength: 2 }),
    )
    .map(([seed, replacements]) =>
      replacements.reduce((text, [at, word]) => {
        const found = [...text.matchAll(/[\w./-]+/g)];
        const one = found[Math.floor((at * found.length) / 10_000)];
        return one === undefined
          ? text
          : text.slice(0, one.index) + word + text.slice(one.index + one[0].length);
      }, seed),
    );

/** Any characters up to U+00FF, each a byte on the wire. */
export const noise: fc.Arbitrary<string> = fc
  .uint8Array({ maxLength: 300 })
  .map(bytes => Buffer.from(bytes).toString('latin1'));

export function demand(isTrue: boolean, reason: string): asserts isTrue {
  if (!isTrue) throw new Error(reason);
}

/** Rejects if `work` is not done in that time. */
export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took over ${milliseconds} ms`)), milliseconds);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
