/** Buckets to the octave; a quantile is at most 9 % off. */
const perOctave = 4;
/** Shortest time told apart, milliseconds; the last bucket holds all beyond about 100 s. */
const shortest = 0.1;
const buckets = 80;
/** A quantile speaks of the last one to two spans. */
const span = 5 * 60_000;

/** How long recent answers took: small, and forgetting what is older than ten minutes. */
export class Latency {
  #current = new Uint32Array(buckets);
  #previous = new Uint32Array(buckets);
  #turn = -1;

  /** @param now monotonic, milliseconds. */
  add(ms: number, now: number): void {
    this.#rotate(now);
    const bucket = ms <= shortest ? 0 : Math.ceil(Math.log2(ms / shortest) * perOctave);
    const at = Math.min(bucket, buckets - 1);
    this.#current[at] = (this.#current[at] ?? 0) + 1;
  }

  /** Milliseconds below which that share (0 to 1) of recent answers stayed; undefined if there were none. */
  quantile(share: number, now: number): number | undefined {
    this.#rotate(now);
    const countAt = (at: number): number => (this.#current[at] ?? 0) + (this.#previous[at] ?? 0);
    let all = 0;
    for (let at = 0; at < buckets; at += 1) all += countAt(at);
    if (all === 0) return undefined;
    let at = -1;
    for (let left = all * share; left > 0; left -= countAt(at)) at += 1;
    // The middle of the bucket.
    return at <= 0 ? shortest : shortest * 2 ** ((at - 0.5) / perOctave);
  }

  #rotate(now: number): void {
    const due = Math.floor(now / span);
    if (due === this.#turn) return;
    const old = this.#previous;
    this.#previous = due === this.#turn + 1 ? this.#current : old.fill(0);
    this.#current = this.#previous === old ? this.#current.fill(0) : old.fill(0);
    this.#turn = due;
  }
}
