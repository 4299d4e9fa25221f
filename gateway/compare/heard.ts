import type { SkipReason } from '../core/outcome.ts';
import type { BoundedBody } from '../proxy/bounded-body.ts';

/** What came of asking one side. */
export type Heard =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Flat raw pairs, as they came. */
      readonly fields: readonly string[];
      readonly body: BoundedBody;
      /** Of the instance that answered. */
      readonly origin: string;
      /** Milliseconds to the whole answer; undefined where they say nothing about the side. */
      readonly ms: number | undefined;
    }
  /** No answer, or not all of it. `detail` is for people. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** There may be an answer, but none to compare. */
  | { readonly kind: 'unfit'; readonly reason: SkipReason };

/** How a pair ends that is not held against each other, or that both answers are there to be. */
export type Finding =
  | { readonly kind: 'comparable' }
  | {
      readonly kind: 'ended';
      readonly outcome: 'service-failed' | 'legacy-failed' | 'skipped';
      readonly skip?: SkipReason;
      readonly detail?: string;
    };

/**
 * What two observations come to (comparison.md §2). A failure of legacy comes first, since then nothing can be said of the
 * service; then one of the service, since then nothing needs to be compared.
 */
export function judgePair(legacy: Heard, service: Heard): Finding {
  const legacyFault = failureOf(legacy);
  if (legacyFault !== undefined) return { kind: 'ended', outcome: 'legacy-failed', detail: legacyFault };
  const serviceFault = failureOf(service);
  if (serviceFault !== undefined) {
    // What legacy would have come to is not known where its answer was let go.
    if (legacy.kind === 'unfit') return skipped(legacy.reason);
    return { kind: 'ended', outcome: 'service-failed', detail: serviceFault };
  }
  if (legacy.kind === 'unfit') return skipped(legacy.reason);
  if (service.kind === 'unfit') return skipped(service.reason);
  const isConditional = isPartial(legacy) !== isPartial(service);
  return isConditional ? skipped('conditional') : { kind: 'comparable' };
}

const skipped = (skip: SkipReason): Finding => ({ kind: 'ended', outcome: 'skipped', skip });

/** Why what was seen counts as a failure of that side; undefined if it does not. */
export function failureOf(seen: Heard): string | undefined {
  if (seen.kind === 'failed') return seen.detail;
  return seen.kind === 'answered' && seen.status >= 500 ? `status ${seen.status}` : undefined;
}

/** An answer that depends on what the client has already (RFC 9110 §15.3.7, §15.4.5). */
const isPartial = (seen: Heard): boolean =>
  seen.kind === 'answered' && (seen.status === 304 || seen.status === 206);
