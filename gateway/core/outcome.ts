/** How a request on a shadowed route ended (contract §6): each ends in exactly one, and each is counted. */
export const outcomes = [
  'match',
  'excused',
  'noise',
  'lagged',
  'mismatch',
  'service-failed',
  'legacy-failed',
  'skipped',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Why nothing was held against anything. */
export const skipReasons = [
  'unsafe-method',
  'upgrade',
  'would-refuse',
  'cookie',
  'worker',
  'store',
  'effects',
  'sampled-out',
  'rate',
  'overload',
  'too-large',
  'streaming',
  'conditional',
  'undecodable-request',
  'unauthenticated',
  'client-aborted',
] as const;
export type SkipReason = (typeof skipReasons)[number];

/** Both answers were there, and nothing but rules or noise stands between them. */
export const isEqual = (outcome: Outcome): boolean =>
  outcome === 'match' || outcome === 'excused' || outcome === 'noise';

/** What counts against the service; `n` of the match rate is this and all that is good. */
export const isBad = (outcome: Outcome): boolean => outcome === 'mismatch' || outcome === 'service-failed';
