/** Buckets to the octave; a quantile is at most 9 % off. */
const perOctave = 4;
/** Shortest time told apart, milliseconds; the last bucket holds all beyond about 100 s. */
const shortest = 0.1;
const buckets = 80;
/** A quantile speaks of the last one to two spans. */
const span = 5 * 60_000;

/** How long recent answers took: small, and forgetting what is older than ten minutes. */
export interface Latency {
  /** @param now monotonic, milliseconds. */
  add(ms: number, now: number): void;
  /** Milliseconds below which that share (0 to 1) of recent answers stayed; undefined if there were none. */
  quantile(share: number, now: number): number | undefined;
}

export function createLatency(): Latency {
  let current = new Uint32Array(buckets);
  let previous = new Uint32Array(buckets);
  let turn = -1;

  function rotate(now: number): void {
    const due = Math.floor(now / span);
    if (due === turn) return;
    const old = previous;
    previous = due === turn + 1 ? current : old.fill(0);
    current = previous === old ? current.fill(0) : old.fill(0);
    turn = due;
  }

  return {
    add(ms, now) {
      rotate(now);
      const bucket = ms <= shortest ? 0 : Math.ceil(Math.log2(ms / shortest) * perOctave);
      const at = Math.min(bucket, buckets - 1);
      current[at] = (current[at] ?? 0) + 1;
    },
    quantile(share, now) {
      rotate(now);
      let all = 0;
      for (let at = 0; at < buckets; at += 1) all += (current[at] ?? 0) + (previous[at] ?? 0);
      if (all === 0) return undefined;
      let at = -1;
      for (let left = all * share; left > 0; left -= (current[at] ?? 0) + (previous[at] ?? 0)) at += 1;
      // The middle of the bucket.
      return at <= 0 ? shortest : shortest * 2 ** ((at - 0.5) / perOctave);
    },
  };
}
