import { enough, logSign } from './e-process.ts';
import { parseSignature } from './signature-text.ts';

/** What a signature has been found to be (comparison.md §5): of the service, of legacy itself, or not known. */
export type NoiseFinding = 'real' | 'noise' | 'unknown';

/** What was seen of a signature where legacy was asked twice. */
export interface SignTally {
  /** The service differs where legacy asked again does not. */
  readonly b: number;
  /** Legacy asked again differs where the service does not. */
  readonly c: number;
  /** Legacy asked again differs, whatever the service does. */
  readonly again: number;
}

/** Legacy must have shown it against itself so often before it can be noise. */
const fewestAgain = 2;

/** Values that differ by themselves from one answer to the next. Never text, email, url, number or boolean. */
const drifting = /^(?:timestamp|epoch|uuid|jwt|hex-\d+|digits-\d+)$/;

/**
 * Depends on the present counts alone, not on the order in which they came. `real` wins over `noise`.
 * Only the value of something that both sides have can be noise: nothing structural ever is.
 */
export function findingOf(signature: string, { b, c, again }: SignTally): NoiseFinding {
  if (logSign(b, c) >= enough) return 'real';
  return again >= fewestAgain && mayDrift(signature) ? 'noise' : 'unknown';
}

/** Whether such a difference may be noise at all: both values are of one drifting class. */
export function mayDrift(signature: string): boolean {
  const said = parseSignature(signature);
  if (said === undefined || (said.kind !== 'value' && said.kind !== 'header')) return false;
  return said.legacy === said.service && drifting.test(said.legacy);
}
