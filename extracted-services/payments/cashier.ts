import { createHash, randomUUID } from 'node:crypto';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import { Problem } from '../chassis/problem.ts';
import type { Trace } from '../chassis/trace.ts';
import type { Acquirer, Verdict } from './acquirer.ts';
import type { Wanted } from './card.ts';
import { toNetworkProblem, undecided } from './network-problem.ts';
import { moves, type OperationKind, type Payment, refusalOf } from './payment.ts';
import { toEvent } from './payment-event.ts';
import { toPaymentJson } from './payment-json.ts';
import type { Changes, Operation, Repository, StoredAnswer } from './repository.ts';

/** Who wants something done, and in which trace. */
export interface Request {
  /** Of the caller, so that a repetition finds its operation. */
  readonly key: string;
  readonly trace: Trace;
}

/** What an operation was answered with, now or when it was asked for the first time. */
export interface Done {
  readonly answer: StoredAnswer;
  readonly isReplay: boolean;
}

/**
 * Moves money in three steps: the operation is written down, the network is asked, and what it said is written down with
 * the event that tells of it. A crash or a lost answer between them leaves the operation open; the same key resumes it,
 * and so does the settler.
 */
export interface Cashier {
  /** Throws a Problem: 422 for a key that was used for something else, 502, 503 and 504 where the network is no help. */
  authorise(wanted: Wanted, request: Request): Promise<Done>;
  /** @param cents undefined for all that there is. Problems as above, and 404, 409 and 422 for what is not legal. */
  operate(
    kind: Exclude<OperationKind, 'authorise'>,
    paymentId: string,
    cents: number | undefined,
    request: Request,
  ): Promise<Done>;
  /** Writes down what the network said of an open operation; undefined: it never heard of it. */
  conclude(operation: Operation, verdict: Verdict | undefined, trace: Trace): Promise<void>;
}

type Begun = Done | { readonly operation: Operation; readonly payment: Payment };

export function createCashier(repository: Repository, acquirer: Acquirer, now: () => number): Cashier {
  const instant = (): string => new Date(now()).toISOString();

  const begin = (
    key: string,
    fingerprint: string,
    create: (changes: Changes) => Promise<{ payment: Payment; kind: OperationKind; cents: number }>,
  ): Promise<Begun> =>
    repository.transaction(async changes => {
      const known = await changes.operation(key);
      if (known) return resume(changes, known, fingerprint);
      const { payment, kind, cents } = await create(changes);
      const operation: Operation = {
        ...{ id: randomUUID(), paymentId: payment.id, kind, cents, key, fingerprint },
        ...{ answer: undefined, createdAt: instant() },
      };
      await changes.saveOperation(operation);
      return { operation, payment };
    });

  async function ask(begun: Begun, card: string | undefined, trace: Trace): Promise<Done> {
    if ('answer' in begun) return begun;
    const { operation, payment } = begun;
    const { id, kind, cents } = operation;
    const which = card === undefined ? { authorisation: payment.authorisation } : { card };
    const asking = { id, kind, amountCents: cents, currency: payment.currency, ...which };
    const verdict = await acquirer.ask(asking, trace).catch((error: unknown) => {
      throw error instanceof OutgoingFailure ? toNetworkProblem(error) : error;
    });
    if (verdict.outcome === 'working') throw undecided();
    return { answer: await write(operation, verdict, trace), isReplay: false };
  }

  const write = (
    operation: Operation,
    verdict: Exclude<Verdict, { outcome: 'working' }>,
    trace: Trace,
  ): Promise<StoredAnswer> =>
    repository.transaction(async changes => {
      const known = await changes.operation(operation.key);
      if (known?.answer) return known.answer;
      const before = await changes.payment(operation.paymentId);
      if (!before) throw new Error(`operation ${operation.id} has no payment`);
      const refusal = refusalOf(before, operation.kind, operation.cents);
      if (refusal !== undefined) throw new Problem(409, 'payment-status', refusal);
      const payment = { ...before, ...changeOf(before, operation, verdict), updatedAt: instant() };
      const answer = answerTo(operation.kind, payment, verdict);
      await changes.savePayment(payment);
      await changes.saveOperation({ ...operation, answer });
      const type = payment.status === 'declined' ? 'payment.declined.v1' : moves[operation.kind].tells;
      if (type) await changes.tell(toEvent(type, payment, operation.cents, trace));
      return answer;
    });

  const giveUp = (operation: Operation): Promise<void> =>
    repository.transaction(async changes => {
      const known = await changes.operation(operation.key);
      if (known?.id !== operation.id || known.answer) return;
      await changes.removeOperation(operation.id);
      const payment = operation.kind === 'authorise' && (await changes.payment(operation.paymentId));
      if (payment) await changes.savePayment({ ...payment, status: 'failed', updatedAt: instant() });
    });

  return {
    async authorise(wanted, { key, trace }) {
      const { card, ...rest } = wanted;
      const fingerprint = hash('authorise', rest.orderId, rest.userId, rest.amountCents, card.lastFour);
      const begun = await begin(key, fingerprint, async changes => {
        const at = instant();
        const payment: Payment = {
          ...{ id: `pay_${randomUUID()}`, ...rest, status: 'pending', lastFour: card.lastFour },
          ...{ capturedCents: 0, refundedCents: 0, cardToken: '', authorisation: '', reason: '' },
          ...{ createdAt: at, updatedAt: at },
        };
        await changes.savePayment(payment);
        return { payment, kind: 'authorise', cents: rest.amountCents };
      });
      return ask(begun, card.number, trace);
    },
    async operate(kind, paymentId, given, { key, trace }) {
      const begun = await begin(key, hash(kind, paymentId, given ?? 'all'), async changes => {
        const payment = await changes.payment(paymentId);
        if (!payment) throw new Problem(404, 'payment-not-found', 'there is no such payment');
        if (await changes.openOperationOf(paymentId)) throw busy();
        const cents = given ?? moves[kind].upTo(payment);
        const refusal = refusalOf(payment, kind, cents);
        if (refusal?.startsWith('amount_cents')) throw new Problem(422, 'amount-too-large', refusal);
        if (refusal !== undefined) throw new Problem(409, 'payment-status', refusal);
        return { payment, kind, cents };
      });
      return ask(begun, undefined, trace);
    },
    async conclude(operation, verdict, trace) {
      if (verdict === undefined) await giveUp(operation);
      else if (verdict.outcome !== 'working') await write(operation, verdict, trace);
    },
  };
}

async function resume(changes: Changes, known: Operation, fingerprint: string): Promise<Begun> {
  if (known.fingerprint !== fingerprint) {
    const detail = 'the key was used for something else';
    const errors = [{ field: 'header:idempotency-key', detail }];
    throw new Problem(422, 'idempotency-key-reused', detail, { errors });
  }
  if (known.answer) return { answer: known.answer, isReplay: true };
  const payment = await changes.payment(known.paymentId);
  if (!payment) throw new Error(`operation ${known.id} has no payment`);
  return { operation: known, payment };
}

function changeOf(payment: Payment, { kind, cents }: Operation, verdict: Verdict): Partial<Payment> {
  if (verdict.outcome === 'declined') {
    return kind === 'authorise' ? { status: 'declined', reason: verdict.reason } : {};
  }
  const { authorisation, token } = verdict as Extract<Verdict, { outcome: 'approved' }>;
  const given = kind === 'authorise' ? { authorisation, cardToken: token } : {};
  return { ...moves[kind].apply(payment, cents), ...given };
}

function answerTo(kind: OperationKind, payment: Payment, verdict: Verdict): StoredAnswer {
  const headers = kind === 'authorise' ? { location: `/v1/payments/${payment.id}` } : {};
  const status = verdict.outcome === 'declined' ? 402 : kind === 'authorise' ? 201 : 200;
  return { status, headers, body: toPaymentJson(payment) };
}

const hash = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

const busy = (): Problem =>
  new Problem(409, 'payment-busy', 'another operation of this payment is not decided yet', {
    headers: { 'retry-after': '5' },
  });
