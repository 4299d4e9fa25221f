import type { KeyPath } from './problem.ts';
import type { Validated } from './validate.ts';

type Plain = Record<string | number, unknown>;

/** What is left of a file without its mistakes. */
export interface Remainder<T> {
  /** Undefined where nothing sound is left. */
  readonly value: T | undefined;
  /** Sections (`upstreams`, `routes`, …) that lost whole entries: names may seem unknown that are only broken. */
  readonly gone: ReadonlySet<string>;
}

/** Broken keys give way to broken entries, then to broken sections: more rounds than this change nothing. */
const rounds = 4;

/** Takes out what stands at the paths of the findings, so that the rest can still be checked. */
export function prune<T>(
  input: unknown,
  first: readonly { readonly path: KeyPath }[],
  validate: (value: unknown) => Validated<T>,
): Remainder<T> {
  const rest = structuredClone(input);
  const gone = new Set<string>();
  let findings = first;
  for (let round = 0; round < rounds; round++) {
    for (const { path } of findings) {
      const removed = removeAround(rest, path);
      if (removed.length <= 2) gone.add(String(removed[0] ?? ''));
    }
    const validated = validate(rest);
    if (validated.value !== undefined) return { value: validated.value, gone };
    findings = validated.findings;
  }
  return { value: undefined, gone };
}

/** Removes the key, or the nearest thing around it that is there; returns what went. */
function removeAround(root: unknown, path: KeyPath): KeyPath {
  // Only keys of mappings go: without one item the rest of a list would move up and mean something else.
  const item = path.findIndex(key => typeof key === 'number');
  for (let length = item === -1 ? path.length : item; length > 0; length--) {
    let holder = root;
    for (const key of path.slice(0, length - 1)) holder = isPlain(holder) ? holder[key] : undefined;
    const last = path[length - 1];
    if (last === undefined || !isPlain(holder) || !Object.hasOwn(holder, last)) continue;
    delete holder[last];
    return path.slice(0, length);
  }
  return [];
}

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null;
