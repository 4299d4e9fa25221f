/** Two lists of which items of one are to be paired with items of the other. */
export interface PairingTask {
  readonly legacy: number;
  readonly service: number;
  /** For each item of legacy the item of service that it is paired with so far; -1 for none. Changed in place. */
  readonly pairs: number[];
  /** Whether two items may be a pair. */
  isPair(legacy: number, service: number): boolean;
}

/**
 * Makes `pairs` a largest pairing, by augmenting paths (Kuhn), breadth first. A greedy one is wrong as soon as items need
 * not be equal to be a pair: a pair that is there already is given up where that lets one more be made.
 */
export function pairMost({ legacy, service, pairs, isPair }: PairingTask): void {
  const taken = new Array<number>(service).fill(-1);
  for (const [l, s] of pairs.entries()) if (s >= 0) taken[s] = l;
  const cameFrom = new Array<number>(service);
  for (let start = 0; start < legacy; start++) {
    if ((pairs[start] ?? -1) >= 0) continue;
    cameFrom.fill(-1);
    const queue = [start];
    let free = -1;
    for (let at = 0; at < queue.length && free < 0; at++) {
      const l = queue[at] as number;
      for (let s = 0; s < service && free < 0; s++) {
        if (cameFrom[s] !== -1 || !isPair(l, s)) continue;
        cameFrom[s] = l;
        const owner = taken[s] as number;
        if (owner < 0) free = s;
        else queue.push(owner);
      }
    }
    for (let s = free; s >= 0; ) {
      const l = cameFrom[s] as number;
      const before = pairs[l] ?? -1;
      pairs[l] = s;
      taken[s] = l;
      s = l === start ? -1 : before;
    }
  }
}
