/** Signatures that the same requests show are one finding (comparison.md §8). Pure. */

/** Requests that showed exactly these signatures, by their positions. */
export interface ShownTogether {
  readonly members: readonly number[];
  readonly distinct: number;
}

/** Share of the requests that showed either of two signatures and showed both. */
const enough = 0.95;

/**
 * A group for each signature, from 0 on. Groups are led by their most frequent signature, in falling order of it: another
 * one belongs to the first leader with whose requests its own overlap by 95 %, so that no chain of similar ones joins
 * what has little in common. Time grows with the square of the members of a set, of which there are at most 100.
 * @param signatures how many there are; positions in `sets` are below it.
 */
export function groupByOverlap(signatures: number, sets: Iterable<ShownTogether>): readonly number[] {
  const holding: ShownTogether[][] = Array.from({ length: signatures }, () => []);
  const totals = new Array<number>(signatures).fill(0);
  for (const set of sets)
    for (const member of set.members) {
      holding[member]?.push(set);
      totals[member] = (totals[member] ?? 0) + set.distinct;
    }
  const groups = new Array<number>(signatures).fill(-1);
  const byCount = totals.map((_, position) => position).sort((a, b) => (totals[b] ?? 0) - (totals[a] ?? 0));
  let next = 0;
  for (const leader of byCount) {
    if (groups[leader] !== -1) continue;
    groups[leader] = next;
    for (const [other, common] of countCommon(holding[leader] ?? [])) {
      const either = (totals[leader] ?? 0) + (totals[other] ?? 0) - common;
      if (groups[other] === -1 && either > 0 && common / either >= enough) groups[other] = next;
    }
    next++;
  }
  return groups;
}

/** Requests that each signature shares with the one that all these sets hold. */
function countCommon(sets: readonly ShownTogether[]): Map<number, number> {
  const common = new Map<number, number>();
  for (const { members, distinct } of sets)
    for (const member of members) common.set(member, (common.get(member) ?? 0) + distinct);
  return common;
}
