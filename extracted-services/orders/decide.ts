import type { OrderEvent, Placed, Returned, StepFailure } from './events.ts';
import { evolve, type OrderState } from './evolve.ts';
import { isOwn, type Order } from './order.ts';
import { nextMove, type StepName, stepOf, steps } from './saga-steps.ts';

/** What somebody wants to happen to an order. */
export type Command =
  | ({ readonly kind: 'place' } & Placed)
  | { readonly kind: 'note-done'; readonly step: StepName; readonly paymentId?: string }
  | ({ readonly kind: 'note-failed' } & StepFailure)
  | { readonly kind: 'note-undone'; readonly step: StepName; readonly how?: Returned }
  | { readonly kind: 'cancel' }
  /** `snapshot`: nothing happened, the monolith has it so. */
  | ({ readonly kind: 'take-legacy' | 'take-snapshot' } & LegacyOrder)
  | { readonly kind: 'remove-legacy'; readonly change: number };

export interface LegacyOrder {
  readonly change: number;
  readonly order: Omit<Order, 'id'>;
}

/** A command that cannot be: the caller is told why. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

export interface Moment {
  readonly id: number;
  readonly at: string;
}

/**
 * What happens on a command: none where it has happened before or comes too late, so that each may be repeated. Pure.
 * Throws a Refused.
 */
export function decide(command: Command, state: OrderState, { id, at }: Moment): readonly OrderEvent[] {
  const events = first(command, state, { id, at });
  const after = events.reduce((known, event) => evolve(known, event, id), state);
  return events.length === 0 ? [] : [...events, ...endOf(after, at)];
}

function first(command: Command, state: OrderState, { id, at }: Moment): readonly OrderEvent[] {
  switch (command.kind) {
    case 'place': {
      if (state.saga || state.order) return [];
      const { kind: _, ...content } = command;
      return [{ type: 'order-placed', at, ...content }];
    }
    case 'note-done':
      return isNext(state, 'do', command.step) ? [doneEvent(command, at)] : [];
    case 'note-failed': {
      const { kind: _, ...failure } = command;
      return isNext(state, 'do', command.step) ? [{ type: 'step-failed', at, ...failure }] : [];
    }
    case 'note-undone':
      return isNext(state, 'undo', command.step) ? [undoneEvent(command, at)] : [];
    case 'cancel':
      return cancel(state, at);
    case 'take-legacy':
    case 'take-snapshot':
      return isOwn(id) ? takeCancelled(command, state, at) : takeLegacy(command, state, at);
    case 'remove-legacy':
      if (isOwn(id) || !state.order || isOld(command.change, state)) return [];
      return [{ type: 'legacy-removed', at, change: command.change }];
  }
}

const isNext = (state: OrderState, kind: 'do' | 'undo', name: StepName): boolean => {
  const move = nextMove(state);
  return move?.kind === kind && move.step.name === name;
};

function doneEvent({ step, paymentId }: Command & { kind: 'note-done' }, at: string): OrderEvent {
  const type = stepOf(step).done;
  if (type !== 'payment-authorised') return { type, at };
  if (paymentId === undefined) throw new TypeError('an authorised payment has an id');
  return { type, at, paymentId };
}

function undoneEvent({ step, how = 'none' }: Command & { kind: 'note-undone' }, at: string): OrderEvent {
  const type = stepOf(step).undone;
  if (type === undefined) throw new TypeError(`${step} is not undone by itself`);
  return type === 'payment-returned' ? { type, at, how } : { type, at };
}

function cancel({ order, saga }: OrderState, at: string): readonly OrderEvent[] {
  if (!order) throw new Refused('there is no such order');
  if (!saga) throw new Refused('it was placed at the monolith, which has its money');
  if (saga.isCancelled) return [];
  if (saga.phase !== 'confirmed') {
    throw new Refused(`an order that is ${order.status} cannot be cancelled`);
  }
  return [{ type: 'cancel-asked', at, by: 'customer' }];
}

/** An order of our own that somebody cancelled at the monolith. All else that it says of our orders it has from us. */
const takeCancelled = (
  { kind, order }: Command & { kind: 'take-legacy' | 'take-snapshot' },
  { saga }: OrderState,
  at: string,
): readonly OrderEvent[] =>
  kind === 'take-legacy' && order.status === 'cancelled' && saga?.phase === 'confirmed'
    ? [{ type: 'cancel-asked', at, by: 'legacy' }]
    : [];

function takeLegacy(
  command: LegacyOrder & { kind: string },
  state: OrderState,
  at: string,
): readonly OrderEvent[] {
  const { change, order, kind } = command;
  if (isOld(change, state)) {
    // A snapshot is at least as new as its change; a change that is known is known.
    if (kind === 'take-legacy' || change !== state.legacyChange || isSame(order, state.order)) return [];
  } else if (kind === 'take-snapshot' && isSame(order, state.order)) return [];
  return [{ type: 'legacy-changed', at, change, order }];
}

const isOld = (change: number, { legacyChange }: OrderState): boolean =>
  legacyChange !== undefined && change <= legacyChange;

function isSame(order: Omit<Order, 'id'>, known: Order | undefined): boolean {
  if (!known) return false;
  const { id: _, ...rest } = known;
  return Object.keys(order).every(
    key =>
      JSON.stringify(order[key as keyof typeof order]) === JSON.stringify(rest[key as keyof typeof rest]),
  );
}

/** The last word of a saga, said together with what ends it. */
function endOf({ saga }: OrderState, at: string): readonly OrderEvent[] {
  if (saga?.phase === 'running' && saga.done === steps.length) return [{ type: 'order-confirmed', at }];
  if (saga?.phase !== 'compensating' || saga.toUndo.length > 0) return [];
  return [{ type: saga.isCancelled ? 'order-cancelled' : 'order-rejected', at }];
}
