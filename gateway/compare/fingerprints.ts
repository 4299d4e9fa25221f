import { createLine } from './line.ts';

/** What is remembered of a distinct request. */
export interface Sighting<Label> {
  readonly key: string;
  /** First sight, wall clock, milliseconds. */
  readonly at: number;
  label: Label;
}

/** The distinct requests of a route that were seen within `distinctFor`, exact, up to a bound. */
export interface Fingerprints<Label> {
  /** The sighting that this one repeats; undefined: it is the first within `distinctFor`. */
  find(key: string, at: number, distinctFor: number): Sighting<Label> | undefined;
  /** Takes the place of an earlier one of that key. */
  add(sighting: Sighting<Label>): void;
  get(key: string): Sighting<Label> | undefined;
  readonly size: number;
}

export interface FingerprintOptions {
  /** Default 200,000. */
  readonly most?: number;
  readonly onForget?: (key: string) => void;
}

/** A route remembers so many; beyond, those first seen longest ago go, and would count as new if they came again. */
export const mostFingerprints = 200_000;
/** Old ones that go whenever a new one comes: more than one, so that they cannot pile up. */
const sweep = 4;

export function createFingerprints<Label>({
  most = mostFingerprints,
  onForget,
}: FingerprintOptions = {}): Fingerprints<Label> {
  const seen = new Map<string, Sighting<Label>>();
  /** In the order of first sight; some have been replaced since. */
  const line = createLine<Sighting<Label>>();

  const forget = (isOld: (sighting: Sighting<Label>) => boolean): void => {
    for (let left = sweep; left > 0; left -= 1) {
      const sighting = line.first();
      if (sighting === undefined || !isOld(sighting)) return;
      line.shift();
      if (seen.get(sighting.key) !== sighting) continue;
      seen.delete(sighting.key);
      onForget?.(sighting.key);
    }
  };

  return {
    find(key, at, distinctFor) {
      forget(sighting => at - sighting.at >= distinctFor);
      const sighting = seen.get(key);
      return sighting !== undefined && at - sighting.at < distinctFor ? sighting : undefined;
    },
    add(sighting) {
      seen.set(sighting.key, sighting);
      line.push(sighting);
      forget(() => seen.size > most);
    },
    get: key => seen.get(key),
    get size() {
      return seen.size;
    },
  };
}
