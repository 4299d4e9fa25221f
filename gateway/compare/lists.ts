import { isMembers, Repeated, type Value } from './canonical/value.ts';
import type { Identify } from './identity.ts';
import { pairMost } from './matching.ts';

/** How the items of two lists belong together. */
export interface Pairing {
  /** For each item of legacy the item of service, -1 for none. */
  readonly pairs: readonly number[];
  /** Positions that are in no pair. */
  readonly leftLegacy: readonly number[];
  readonly leftService: readonly number[];
  /** Paired items follow each other in another order. */
  readonly isReordered: boolean;
}

interface Lists {
  readonly legacy: readonly Value[];
  readonly service: readonly Value[];
  readonly identify: { readonly legacy: Identify; readonly service: Identify };
}

/** Most pairs of items that are tried once the equal ones are out. */
const maxTries = 250_000;

/** Pairs equal items, then the rest by `isPair`, as many as can be. Beyond `maxTries` the rest stays unpaired. */
export function pairUnordered(
  { legacy, service, identify }: Lists,
  isPair: (legacy: number, service: number) => boolean,
): Pairing {
  const places = new Map<number, number[]>();
  for (const [index, item] of service.entries()) {
    const id = identify.service(item);
    const there = places.get(id);
    if (there === undefined) places.set(id, [index]);
    else there.push(index);
  }
  for (const there of places.values()) there.reverse();
  const pairs = legacy.map(item => places.get(identify.legacy(item))?.pop() ?? -1);
  const rest = pairs.filter(at => at < 0).length;
  const isEven = legacy.length === service.length;
  if (rest > 0 && isEven && rest * rest <= maxTries) {
    const tried = new Map<number, boolean>();
    const isKnownPair = (l: number, s: number): boolean => {
      const key = l * service.length + s;
      const before = tried.get(key);
      if (before !== undefined) return before;
      const found = isPair(l, s);
      tried.set(key, found);
      return found;
    };
    pairMost({ legacy: legacy.length, service: service.length, pairs, isPair: isKnownPair });
  }
  return toPairing(pairs, service.length);
}

/**
 * Pairs items by the type and value of a field. Undefined where an item lacks it or two items of a side share it: no
 * item may hide another.
 */
export function pairKeyed({ legacy, service, identify }: Lists, field: string): Pairing | undefined {
  const places = positionsByKey(service, field, identify.service);
  const own = positionsByKey(legacy, field, identify.legacy);
  if (places === undefined || own === undefined) return undefined;
  const pairs = new Array<number>(legacy.length).fill(-1);
  for (const [key, position] of own) pairs[position] = places.get(key) ?? -1;
  return toPairing(pairs, service.length);
}

function positionsByKey(
  items: readonly Value[],
  field: string,
  identify: Identify,
): Map<number, number> | undefined {
  const positions = new Map<number, number>();
  for (const [index, item] of items.entries()) {
    const key = fieldOf(item, field);
    if (key === undefined || key === null || key instanceof Repeated) return undefined;
    const id = identify(key);
    if (positions.has(id)) return undefined;
    positions.set(id, index);
  }
  return positions;
}

const fieldOf = (item: Value, field: string): Value | undefined =>
  isMembers(item) && Object.hasOwn(item, field) ? item[field] : undefined;

function toPairing(pairs: readonly number[], service: number): Pairing {
  const used = new Set(pairs);
  const leftLegacy: number[] = [];
  let [last, isReordered] = [-1, false];
  for (const [index, at] of pairs.entries()) {
    if (at < 0) leftLegacy.push(index);
    else if (at < last) isReordered = true;
    else last = at;
  }
  const leftService = Array.from({ length: service }, (_, index) => index).filter(index => !used.has(index));
  return { pairs, leftLegacy, leftService, isReordered };
}
