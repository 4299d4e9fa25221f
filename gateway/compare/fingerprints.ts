/** What is remembered of a distinct request. */
export interface Sighting<Label> {
  /** First sight, wall clock, milliseconds. */
  readonly at: number;
  label: Label;
}

/** The distinct requests of a route that were seen within `distinctFor`, exact, up to a bound. */
export interface Fingerprints<Label> {
  /** The sighting that this one repeats; undefined: it is the first within `distinctFor`. */
  find(key: string, at: number, distinctFor: number): Sighting<Label> | undefined;
  add(key: string, sighting: Sighting<Label>): void;
  get(key: string): Sighting<Label> | undefined;
  readonly size: number;
}

/** A route remembers so many; beyond, those first seen longest ago go, and would count as new if they came again. */
export const mostFingerprints = 200_000;
/** Old ones that go whenever a new one comes: more than one, so that they cannot pile up. */
const sweep = 4;

export function createFingerprints<Label>(most = mostFingerprints): Fingerprints<Label> {
  // A Map keeps the order of insertion, which is that of first sight.
  const seen = new Map<string, Sighting<Label>>();

  const forget = (isOld: (sighting: Sighting<Label>) => boolean): void => {
    let left = sweep;
    for (const [key, sighting] of seen) {
      if (left-- === 0 || !isOld(sighting)) return;
      seen.delete(key);
    }
  };

  return {
    find(key, at, distinctFor) {
      forget(sighting => at - sighting.at >= distinctFor);
      const sighting = seen.get(key);
      return sighting !== undefined && at - sighting.at < distinctFor ? sighting : undefined;
    },
    add(key, sighting) {
      seen.delete(key);
      seen.set(key, sighting);
      if (seen.size > most) forget(() => seen.size > most);
    },
    get: key => seen.get(key),
    get size() {
      return seen.size;
    },
  };
}
