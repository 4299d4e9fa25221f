/** A small generator (mulberry32): the same seed gives the same shop on every machine. */
export interface Random {
  /** 0 to `below` − 1. */
  integer(below: number): number;
  pick<T>(list: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    integer,
    pick: list => {
      const picked = list[integer(list.length)];
      if (picked === undefined) throw new TypeError('pick needs a list that is not empty');
      return picked;
    },
  };
}
