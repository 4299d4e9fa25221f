/** Comparisons of a kind that are kept whatever comes, so that there is something to open. */
const first = 5;
/** Milliseconds between two more of a kind: so the newest is never older, and a route that fails whole fills no store. */
const every = 10_000;
/** Kinds that are remembered; beyond, the one seen first is forgotten. */
const mostKinds = 20_000;

interface Kept {
  count: number;
  at: number;
}

/** Chooses which comparisons are kept as examples: a few of each signature, then now and then the newest. */
export interface Examples {
  /** @param kinds the signatures that it would be an example of; where there are none, its outcome. */
  wants(route: string, kinds: readonly string[]): boolean;
}

/** @param now monotonic, milliseconds. */
export function createExamples(now: () => number): Examples {
  const kept = new Map<string, Kept>();
  return {
    wants(route, kinds) {
      const at = now();
      let isWanted = false;
      for (const kind of kinds) {
        const key = `${route}\0${kind}`;
        const known = kept.get(key);
        if (known === undefined) {
          const [oldest] = kept.keys();
          if (kept.size >= mostKinds && oldest !== undefined) kept.delete(oldest);
          kept.set(key, { count: 1, at });
          isWanted = true;
        } else if (known.count < first || at - known.at >= every) {
          known.count++;
          known.at = at;
          isWanted = true;
        }
      }
      return isWanted;
    },
  };
}
