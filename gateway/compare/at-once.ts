import type { Answer } from './comparison.ts';
import { isPlainlySame } from './plainly-same.ts';
import { clientOf, fingerprintOf } from './request-hash.ts';
import type { JobAnswer, PairJob } from './thread.ts';
import type { PairResult } from './worker-messages.ts';

const noBytes = new Uint8Array(0);

/**
 * The result of a pair that is plainly the same; undefined for any other. Here that costs 2 µs, a tenth of what the way to the
 * comparing thread and back does: two bodies of one read each, 64 KiB at most, are held against each other sooner than they
 * are copied for it. What else there is goes to the thread, and so does a request with a body, which is hashed.
 */
export function compareAtOnce({ method, target, who, ...job }: PairJob): PairResult | undefined {
  if (job.legacy2 !== undefined || job.upload.length > 0) return undefined;
  const [legacy, service] = [ofOneRead(job.legacy), ofOneRead(job.service)];
  if (legacy === undefined || service === undefined || !isPlainlySame(method, legacy, service))
    return undefined;
  return {
    ...{ outcome: 'match', differences: [], isCut: false, again: undefined, sides: undefined },
    fingerprint: fingerprintOf({ method, target, who, body: undefined }),
    client: clientOf(who),
  };
}

function ofOneRead({ status, fields, chunks, digest }: JobAnswer): Answer | undefined {
  if (chunks.length > 1 || digest !== undefined) return undefined;
  return { status, fields, body: chunks[0] ?? noBytes };
}
