/** The part of the walk that is about lists: by position, in another order, by key, in any order. */
import type { Value } from './canonical/value.ts';
import { isSame } from './identity.ts';
import { type Pairing, pairKeyed, pairUnordered } from './lists.ts';
import { onlyItem, stepsOf } from './path.ts';
import type { Say, Task, Walk } from './walk.ts';

export type List = readonly Value[];

/** Two lists at one place. */
export interface Lists {
  readonly legacy: List;
  readonly service: List;
  readonly task: Task;
  readonly walk: Walk;
}

/** Without a rule position by position; but the same items in another order are one difference. */
export function visitLists(lists: Lists, say: Say): readonly Task[] {
  const { legacy, service, task, walk } = lists;
  const rule = walk.rules.arrayRule(stepsOf(task.place));
  if (rule !== undefined) return visitByRule(lists, rule.field, rule.name, say);
  if (legacy.length !== service.length) return byPosition(lists, Math.max(legacy.length, service.length));
  const odd: number[] = [];
  for (let index = 0; index < legacy.length; index++)
    if (!isSameItem(lists, index, index, task.isInList)) odd.push(index);
  if (odd.length > 1 && isPermutation(lists, odd)) return say({ kind: 'order', legacy, service });
  return odd.map(index => toTask(lists, index, index));
}

const byPosition = (lists: Lists, length: number): readonly Task[] =>
  Array.from({ length }, (_, index) => toTask(lists, index, index));

function visitByRule(lists: Lists, field: string | undefined, rule: string, say: Say): readonly Task[] {
  const { legacy, service, walk } = lists;
  const ours = { legacy, service, identify: walk.identify };
  const keyed = field === undefined ? undefined : pairKeyed(ours, field);
  const pairing = keyed ?? pairUnordered(ours, (l, s) => walk.isAlike(toTask(lists, l, s)));
  if (pairing.isReordered) say({ kind: 'order', legacy, service, rule });
  const below = inPairs(lists, pairing);
  if (keyed !== undefined) return [...below, ...alone(lists, pairing)];
  sayRest(lists, pairing, say);
  return below;
}

function inPairs(lists: Lists, { pairs }: Pairing): readonly Task[] {
  const below: Task[] = [];
  for (const [l, s] of pairs.entries())
    if (s >= 0 && !isSameItem(lists, l, s, true)) below.push(toTask(lists, l, s));
  return below;
}

/** Items whose key the other side does not have. */
const alone = (lists: Lists, { leftLegacy, leftService }: Pairing): readonly Task[] => [
  ...leftLegacy.map(l => toTask(lists, l, -1)),
  ...leftService.map(s => toTask(lists, -1, s)),
];

/** Items that no item of the other side is like: then the lists are not the same multiset. */
function sayRest({ legacy, service }: Lists, { leftLegacy, leftService }: Pairing, say: Say): void {
  if (leftLegacy.length + leftService.length === 0) return;
  say({
    kind: 'multiset',
    legacy: leftLegacy.map(index => legacy[index] as Value),
    service: leftService.map(index => service[index] as Value),
  });
}

/**
 * Below the first list values are told apart by numbers that are given once, so that lists in lists are not compared
 * again and again.
 */
function isSameItem({ legacy, service, walk }: Lists, l: number, s: number, isInList: boolean): boolean {
  const ours = legacy[l] as Value;
  const theirs = service[s] as Value;
  return isInList
    ? walk.identify.legacy(ours) === walk.identify.service(theirs)
    : isSame(ours, theirs, walk.rules.neutralise);
}

function isPermutation({ legacy, service, walk }: Lists, positions: readonly number[]): boolean {
  const left = new Map<number, number>();
  for (const index of positions) {
    const id = walk.identify.legacy(legacy[index] as Value);
    left.set(id, (left.get(id) ?? 0) + 1);
  }
  return positions.every(index => {
    const id = walk.identify.service(service[index] as Value);
    const count = left.get(id) ?? 0;
    left.set(id, count - 1);
    return count > 0;
  });
}

/** Two items as a task; -1 or beyond the end for none. The place is legacy's where it has one. */
function toTask({ legacy, service, task, walk }: Lists, l: number, s: number): Task {
  const isOnly = walk.dialect === 'markup' && legacy.length <= 1 && service.length <= 1;
  return {
    legacy: legacy[l],
    service: service[s],
    place: {
      parent: task.place,
      step: isOnly ? onlyItem : l >= 0 ? l : s,
      isSecret: task.place?.isSecret === true,
    },
    isInList: true,
  };
}
