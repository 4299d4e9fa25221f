import { enough, logSign } from './e-process.ts';
import { mayBeNoise, readSignature } from './signature.ts';

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

/**
 * Depends on the present counts alone, not on the order in which they came. `real` wins over `noise`.
 * Only the value of something that both sides have can be noise: nothing structural ever is.
 */
export function findingOf(signature: string, { b, c, again }: SignTally): NoiseFinding {
  if (logSign(b, c) >= enough) return 'real';
  return again >= fewestAgain && mayDrift(signature) ? 'noise' : 'unknown';
}

/** Whether a difference of that signature may be noise at all. What cannot be read never is. */
export function mayDrift(signature: string): boolean {
  const parts = readSignature(signature);
  return parts !== undefined && mayBeNoise(parts);
}
