/** The saga as a table: what is done for an order, in this order, and how each step is taken back. Pure. */
import type { OrderState } from './evolve.ts';

export interface Step {
  readonly name: StepName;
  /** The event that says it is done. */
  readonly done: 'stock-reserved' | 'payment-authorised' | 'stock-committed' | 'payment-captured';
  /** The event that says it is taken back; undefined where an earlier step's compensation covers it. */
  readonly undone: 'stock-released' | 'payment-returned' | undefined;
  /** Whether one gives up on it when nobody answers. Beyond the point of no return one tries until it is known. */
  readonly isGivenUp: boolean;
}

export type StepName = 'reserve-stock' | 'authorise-payment' | 'commit-stock' | 'capture-payment';

export const steps: readonly Step[] = [
  { name: 'reserve-stock', done: 'stock-reserved', undone: 'stock-released', isGivenUp: true },
  // Returned is refunded where it was captured, and voided where it was not.
  { name: 'authorise-payment', done: 'payment-authorised', undone: 'payment-returned', isGivenUp: true },
  // Released also where it was committed.
  { name: 'commit-stock', done: 'stock-committed', undone: undefined, isGivenUp: false },
  { name: 'capture-payment', done: 'payment-captured', undone: undefined, isGivenUp: false },
];

export const stepOf = (name: StepName): Step => {
  const step = steps.find(known => known.name === name);
  if (!step) throw new TypeError(`there is no step ${name}`);
  return step;
};

export type Move = { readonly kind: 'do' | 'undo'; readonly step: Step };

/** What is to be done next; undefined where nothing is: the saga has ended, or there is none. */
export function nextMove({ saga }: OrderState): Move | undefined {
  if (saga?.phase === 'running') {
    const step = steps[saga.done];
    return step && { kind: 'do', step };
  }
  if (saga?.phase === 'compensating') {
    const name = saga.toUndo.at(-1);
    return name && { kind: 'undo', step: stepOf(name) };
  }
  return undefined;
}
