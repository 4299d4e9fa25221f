import type { KeyPath } from './problem.ts';

type Plain = Record<string | number, unknown>;

/**
 * A copy without what stands at these paths, so that the rest can still be checked. What is not there, a missing key
 * for example, takes the named entry around it along (`routes.orders`).
 * `isPartial`: an entry went, so names may now seem unknown that are only broken.
 */
export function prune(input: unknown, paths: readonly KeyPath[]): { value: unknown; isPartial: boolean } {
  const value = structuredClone(input);
  let isPartial = false;
  for (const path of paths) {
    if (remove(value, path)) continue;
    isPartial = true;
    remove(value, path.slice(0, 2));
  }
  return { value, isPartial };
}

/** Only keys of mappings are removed: without one item the rest of a list would move up and mean something else. */
function remove(root: unknown, path: KeyPath): boolean {
  let holder = root;
  const until = path.findIndex(key => typeof key === 'number');
  const keys = until === -1 ? path : path.slice(0, until);
  for (const key of keys.slice(0, -1)) holder = isPlain(holder) ? holder[key] : undefined;
  const last = keys.at(-1);
  if (last === undefined || !isPlain(holder) || !Object.hasOwn(holder, last)) return false;
  return delete holder[last];
}

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null;
