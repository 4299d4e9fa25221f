import type { FailureKind, OutgoingFailure } from '../chassis/outgoing-failure.ts';
import { Problem } from '../chassis/problem.ts';

/** What a caller is told when the card network is no help. The same key may be sent again after any of them. */
const answers: Readonly<
  Record<FailureKind, { readonly status: number; readonly code: string; readonly detail: string }>
> = {
  refused: { status: 503, code: 'card-network-away', detail: 'the card network cannot be reached' },
  'breaker-open': {
    status: 503,
    code: 'card-network-rests',
    detail: 'the card network fails too often and is not asked for a while',
  },
  token: { status: 503, code: 'card-network-away', detail: 'the card network cannot be asked' },
  timeout: { status: 504, code: 'card-network-slow', detail: 'the card network did not answer in time' },
  reset: { status: 502, code: 'card-network-broken', detail: 'the card network broke off' },
  status: { status: 502, code: 'card-network-broken', detail: 'the card network failed' },
  malformed: { status: 502, code: 'card-network-broken', detail: 'the card network made no sense' },
};

export function toNetworkProblem({ kind }: OutgoingFailure): Problem {
  const { status, code, detail } = answers[kind];
  const certainty =
    kind === 'refused' || kind === 'breaker-open' ? 'nothing was moved' : 'what it did is not known';
  return new Problem(status, code, `${detail}; ${certainty}: send the same key again`, {
    headers: { 'retry-after': '5' },
  });
}

/** The network has the operation and is still at it. */
export const undecided = (): Problem =>
  new Problem(504, 'card-network-slow', 'the card network has not decided yet: send the same key again', {
    headers: { 'retry-after': '5' },
  });
