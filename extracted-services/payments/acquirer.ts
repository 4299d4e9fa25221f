import type { Outgoing } from '../chassis/outgoing.ts';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import type { Trace } from '../chassis/trace.ts';
import type { OperationKind } from './payment.ts';

/** What the card network made of an operation. `working`: it has it, and has not decided yet. */
export type Verdict =
  | { readonly outcome: 'approved'; readonly authorisation: string; readonly token: string }
  | { readonly outcome: 'declined'; readonly reason: string }
  | { readonly outcome: 'working' };

/** One operation for the network. Its id is the key by which a repetition is known there. */
export interface Asking {
  readonly id: string;
  readonly kind: OperationKind;
  readonly amountCents: number;
  readonly currency: string;
  /** For an authorisation. */
  readonly card?: string;
  /** For all that follows it. */
  readonly authorisation?: string;
}

/** How this service talks to the card network. Rejects with an OutgoingFailure. */
export interface Acquirer {
  /** PUT, with a key: it may be repeated, and the chassis does. */
  ask(asking: Asking, trace: Trace): Promise<Verdict>;
  /** What became of an operation; undefined if the network never heard of it. */
  inquire(id: string, trace: Trace): Promise<Verdict | undefined>;
}

export const createAcquirer = (network: Outgoing): Acquirer => ({
  async ask({ id, ...json }, trace) {
    const answer = await network.request({ method: 'PUT', path: `/operations/${id}`, json, trace });
    return toVerdict(answer);
  },
  async inquire(id, trace) {
    const answer = await network.request({ method: 'GET', path: `/operations/${id}`, trace });
    return answer.status === 404 ? undefined : toVerdict(answer);
  },
});

function toVerdict({ status, json }: { status: number; json: unknown }): Verdict {
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Readonly<Record<string, unknown>>;
  const { outcome, authorisation, token, reason } = fields;
  if (outcome === 'working') return { outcome };
  if (outcome === 'declined') return { outcome, reason: String(reason ?? '').slice(0, 60) };
  if (outcome === 'approved' && typeof authorisation === 'string' && typeof token === 'string') {
    return { outcome, authorisation, token };
  }
  throw new OutgoingFailure('card-network', 'malformed', { detail: `answered ${status} without an outcome` });
}
