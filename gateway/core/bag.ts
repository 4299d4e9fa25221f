/**
 * What is under way, where each request comes in and goes out. A Set would do the same, but keeps it in one table after
 * another: those that are done with refer to all that was ever in them, so that nothing of it dies young. That cost a
 * fifth of the throughput.
 */
export class Bag<T extends object> implements Iterable<T> {
  readonly #things: (T | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#things.length - this.#free.length;
  }

  /** Returns its place, by which it is taken out. */
  add(thing: T): number {
    const place = this.#free.pop() ?? this.#things.length;
    this.#things[place] = thing;
    return place;
  }

  /** Once for each place. */
  remove(place: number): void {
    this.#things[place] = undefined;
    this.#free.push(place);
  }

  *[Symbol.iterator](): Generator<T> {
    for (const thing of this.#things) if (thing !== undefined) yield thing;
  }
}
