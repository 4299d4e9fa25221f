/** What each move of the saga asks of whom. */
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import type { Trace } from '../chassis/trace.ts';
import type { Command } from './decide.ts';
import type { Returned } from './events.ts';
import type { OrderState } from './evolve.ts';
import type { FoundPayment, Payments, Reply, Stock } from './far-side.ts';
import type { Order } from './order.ts';
import { together } from './payments.ts';
import type { Move, StepName } from './saga-steps.ts';

export interface FarSides {
  readonly stock: Stock;
  readonly payments: Payments;
}

export interface Circumstances {
  /** Known as long as the process lives that took the order. */
  readonly card: string | undefined;
  /** Whether a request of an earlier life of this process may still be on its way. */
  readonly isFresh: boolean;
  readonly trace: Trace;
}

/** Does the move, and says what to write down of it. Rejects with an OutgoingFailure where that is not known. */
export function perform(
  { kind, step }: Move,
  state: OrderState,
  sides: FarSides,
  around: Circumstances,
): Promise<Command> {
  if (!state.order) throw new TypeError('a saga has an order');
  return kind === 'do'
    ? doing[step.name](state.order, state, sides, around).then(reply => toCommand(step.name, reply))
    : undoing[step.name](state.order, sides, around);
}

type Doing = (
  order: Order,
  state: OrderState,
  sides: FarSides,
  around: Circumstances,
) => Promise<Reply<{ readonly paymentId?: string }>>;

const doing: Readonly<Record<StepName, Doing>> = {
  'reserve-stock': ({ id, lines }, _, { stock }, { trace }) => stock.reserve(id, lines, trace),
  'authorise-payment': ({ id, userId, totalCents, currency }, _, { payments }, around) => {
    const { card, trace } = around;
    return card === undefined
      ? lookUp(id, payments, around)
      : payments.authorise({ orderId: id, userId, amountCents: totalCents, currency, card }, trace);
  },
  'commit-stock': ({ id }, _, { stock }, { trace }) => stock.commit(id, trace),
  'capture-payment': ({ id }, { saga }, { payments }, { trace }) => {
    if (saga?.paymentId === undefined) throw new TypeError(`order ${id} has no payment to capture`);
    return payments.capture(id, saga.paymentId, trace);
  },
};

/** After a restart the card is gone: what was asked is found out, and nothing new is asked for. */
async function lookUp(
  id: number,
  payments: Payments,
  { isFresh, trace }: Circumstances,
): Promise<Reply<{ readonly paymentId?: string }>> {
  const found = await payments.find(id, trace);
  const taken = found.find(({ status }) => status === 'authorised' || status === 'captured');
  if (taken) return { kind: 'done', paymentId: taken.paymentId };
  if (found.some(({ status }) => status === 'pending')) {
    throw new OutgoingFailure('payments', 'status', { detail: 'the payment is still pending' });
  }
  if (found.some(({ status }) => status === 'declined')) {
    return { kind: 'refused', code: 'card-declined', detail: 'the card was declined' };
  }
  if (found.length === 0 && isFresh) {
    throw new OutgoingFailure('payments', 'status', { detail: 'no payment has arrived yet' });
  }
  return { kind: 'refused', code: paymentLost, detail: 'the process ended before the card was asked' };
}

const toCommand = (step: StepName, reply: Reply<{ readonly paymentId?: string }>): Command => {
  if (reply.kind === 'done') {
    const { paymentId } = reply;
    return { kind: 'note-done', step, ...(paymentId !== undefined && { paymentId }) };
  }
  const { code, detail } = reply;
  return { kind: 'note-failed', step, code, detail, isCertain: code !== paymentLost };
};

/** Not certain: it may arrive while this is written down, and is looked for again when it is. */
const paymentLost = 'payment-lost';

type Undoing = (order: Order, sides: FarSides, around: Circumstances) => Promise<Command>;

const nothingToUndo: Undoing = () => {
  throw new TypeError('this step is undone by an earlier one');
};

const undoing: Readonly<Record<StepName, Undoing>> = {
  'reserve-stock': async ({ id }, { stock }, { trace }) => {
    const reply = await stock.release(id, trace);
    if (reply.kind === 'done') return { kind: 'note-undone', step: 'reserve-stock' };
    throw new OutgoingFailure('products', 'status', { detail: `refused to release: ${reply.code}` });
  },
  'authorise-payment': async ({ id }, { payments }, { trace }) => ({
    kind: 'note-undone',
    step: 'authorise-payment',
    how: await giveBackAll(id, await payments.find(id, trace), payments, trace),
  }),
  'commit-stock': nothingToUndo,
  'capture-payment': nothingToUndo,
};

async function giveBackAll(
  id: number,
  found: readonly FoundPayment[],
  payments: Payments,
  trace: Trace,
): Promise<Returned> {
  const all: Returned[] = [];
  for (const payment of found) all.push(await payments.giveBack(id, payment, trace));
  return together(all);
}
