/** How finely a window is cut. What is older than the window never counts; what is younger than 19/20 of it always does. */
const slices = 20;

/**
 * Counts what happened within the last `span` milliseconds, in constant memory.
 * `now` is monotonic and never goes back. Idle time expires what was counted, whether anybody looks or not.
 */
export class SlidingCount {
  readonly #width: number;
  readonly #counts = new Uint32Array(slices);
  #total = 0;
  /** Number of the slice that `now` was in when this was last touched. */
  #slice = 0;

  constructor(span: number) {
    this.#width = span / slices;
  }

  add(now: number): void {
    this.#expire(now);
    const place = this.#slice % slices;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#total++;
  }

  total(now: number): number {
    this.#expire(now);
    return this.#total;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  #expire(now: number): void {
    const slice = Math.floor(now / this.#width);
    if (slice === this.#slice) return;
    if (slice - this.#slice >= slices) this.clear();
    else for (let old = this.#slice + 1; old <= slice; old++) this.#drop(old % slices);
    this.#slice = slice;
  }

  #drop(place: number): void {
    this.#total -= this.#counts[place] ?? 0;
    this.#counts[place] = 0;
  }
}
