import type { OrderEvent, Returned, StepFailure } from './events.ts';
import type { Order } from './order.ts';
import { type StepName, stepOf, steps } from './saga-steps.ts';

/** All that is known of an order, folded from its events. */
export interface OrderState {
  /** Undefined: not there, or removed. */
  readonly order: Order | undefined;
  /** For orders that were placed here. */
  readonly saga: Saga | undefined;
  /** The newest change of the monolith's that was taken over. */
  readonly legacyChange: number | undefined;
}

export interface Saga {
  readonly phase: 'running' | 'compensating' | 'confirmed' | 'rejected' | 'cancelled';
  /** How many steps of the table are done. */
  readonly done: number;
  /** What has to be taken back if it fails, the last one first. */
  readonly toUndo: readonly StepName[];
  readonly paymentId: string | undefined;
  /** Why it is being taken back. */
  readonly failure: StepFailure | undefined;
  readonly isCancelled: boolean;
  /** When the last event was. */
  readonly at: string;
}

export const nothing: OrderState = { order: undefined, saga: undefined, legacyChange: undefined };

/** What an event makes of a state. Pure, and total: an event that does not fit changes nothing. */
export function evolve(state: OrderState, event: OrderEvent, id: number): OrderState {
  if (event.type === 'legacy-removed') return { ...state, order: undefined, legacyChange: event.change };
  if (event.type === 'legacy-changed') {
    return { ...state, order: { ...event.order, id }, legacyChange: event.change };
  }
  if (event.type === 'order-placed') return placed(event, id);
  const { order, saga } = state;
  if (!order || !saga) return state;
  const [orderChange, sagaChange] = changesOf(event, saga);
  return {
    ...state,
    order: { ...order, ...orderChange, updatedAt: event.at },
    saga: { ...saga, ...sagaChange, at: event.at },
  };
}

function placed(event: OrderEvent & { type: 'order-placed' }, id: number): OrderState {
  const { type: _, at, ...content } = event;
  const status = { status: 'pending', paymentStatus: 'pending' };
  return {
    order: { id, ...content, ...status, placedAt: at, updatedAt: at },
    saga: {
      ...{ phase: 'running', done: 0, toUndo: [], paymentId: undefined, failure: undefined },
      ...{ isCancelled: false, at },
    },
    legacyChange: undefined,
  };
}

type Changes = readonly [Partial<Order>, Partial<Saga>];
type SagaEvent = Exclude<OrderEvent, { type: 'order-placed' | 'legacy-changed' | 'legacy-removed' }>;

function changesOf(event: SagaEvent, saga: Saga): Changes {
  switch (event.type) {
    case 'stock-reserved':
    case 'stock-committed':
      return [{}, stepDone(saga, event.type)];
    case 'payment-authorised':
      return [{}, { ...stepDone(saga, event.type), paymentId: event.paymentId }];
    case 'payment-captured':
      return [{ paymentStatus: 'captured' }, stepDone(saga, event.type)];
    case 'step-failed': {
      const { type: _, at: __, ...failure } = event;
      const toUndo = failure.isCertain ? saga.toUndo : withStep(saga.toUndo, failure.step);
      return [{}, { phase: 'compensating', failure, toUndo }];
    }
    case 'payment-returned':
      return [{ paymentStatus: paymentStatusOf(event.how, saga) }, { toUndo: saga.toUndo.slice(0, -1) }];
    case 'stock-released':
      return [{}, { toUndo: saga.toUndo.slice(0, -1) }];
    case 'cancel-asked':
      // The monolith puts the stock back by itself, and change capture tells products of it.
      return [{}, { phase: 'compensating', isCancelled: true, toUndo: undoOfCancel[event.by] }];
    case 'order-confirmed':
      return [{ status: 'paid' }, { phase: 'confirmed' }];
    case 'order-rejected':
      return [{ status: 'cancelled', ...unpaid(saga) }, { phase: 'rejected' }];
    case 'order-cancelled':
      return [{ status: 'cancelled' }, { phase: 'cancelled' }];
  }
}

const undoOfCancel: Readonly<Record<'customer' | 'legacy', readonly StepName[]>> = {
  customer: ['reserve-stock', 'authorise-payment'],
  legacy: ['authorise-payment'],
};

function stepDone(saga: Saga, type: SagaEvent['type']): Partial<Saga> {
  const index = steps.findIndex(step => step.done === type);
  const name = steps[index]?.name;
  return name ? { done: index + 1, toUndo: withStep(saga.toUndo, name) } : {};
}

const withStep = (toUndo: readonly StepName[], name: StepName): readonly StepName[] =>
  stepOf(name).undone === undefined ? toUndo : [...toUndo, name];

const paymentStatusOf = (how: Returned, { failure }: Saga): string =>
  how === 'none' ? (failure?.code === 'card-declined' ? 'declined' : 'none') : how;

/** Of an order for which payment was never asked, or was declined. */
const unpaid = ({ failure, done }: Saga): Partial<Order> =>
  failure?.code === 'card-declined'
    ? { paymentStatus: 'declined' }
    : done === 0
      ? { paymentStatus: 'none' }
      : {};
