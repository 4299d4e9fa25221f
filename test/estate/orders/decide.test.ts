import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Command, decide, Refused } from '../../../extracted-services/orders/decide.ts';
import type { OrderEvent } from '../../../extracted-services/orders/events.ts';
import { evolve, nothing, type OrderState } from '../../../extracted-services/orders/evolve.ts';
import type { Order } from '../../../extracted-services/orders/order.ts';
import { nextMove, type StepName, steps } from '../../../extracted-services/orders/saga-steps.ts';
import { type StoredEvent, toStored, upcast } from '../../../extracted-services/orders/upcast.ts';

const id = 1_000_042;
const at = '2026-03-04T04:06:07.000Z';
const line = {
  ...{ lineNo: 1, productId: 3, sku: 'HO-1003', productName: 'Wool blanket' },
  ...{ quantity: 2, unitCents: 3095, lineCents: 6190 },
};
const content = {
  ...{ userId: 1, customerName: 'Alice Liddell', currency: 'EUR', lines: [line] },
  ...{ netCents: 5202, taxCents: 988, totalCents: 6190 },
};
const place: Command = { kind: 'place', ...content };

const fold = (events: readonly OrderEvent[], from: OrderState = nothing, of = id): OrderState =>
  events.reduce((state, event) => evolve(state, event, of), from);

/** The events of all commands, one after another, and the state after them. */
function run(commands: readonly Command[], of = id): { events: OrderEvent[]; state: OrderState } {
  const events: OrderEvent[] = [];
  for (const command of commands) events.push(...decide(command, fold(events, nothing, of), { id: of, at }));
  return { events, state: fold(events, nothing, of) };
}

const typesOf = ({ events }: { events: readonly OrderEvent[] }): readonly string[] =>
  events.map(({ type }) => type);

const done = (step: StepName): Command =>
  step === 'authorise-payment'
    ? { kind: 'note-done', step, paymentId: 'pay_1' }
    : { kind: 'note-done', step };
const failed = (step: StepName, code = 'no-answer', isCertain = false): Command => ({
  ...{ kind: 'note-failed', step, code, detail: 'because', isCertain },
});
const undone = (step: StepName, how: 'voided' | 'refunded' | 'none' = 'none'): Command => ({
  ...{ kind: 'note-undone', step, how },
});
const allDone = steps.map(({ name }) => done(name));

describe('an order', () => {
  it('is placed, goes through the table, and is confirmed with the last step', () => {
    const { events, state } = run([place, ...allDone]);
    expect(typesOf({ events })).toEqual([
      'order-placed',
      'stock-reserved',
      'payment-authorised',
      'stock-committed',
      'payment-captured',
      'order-confirmed',
    ]);
    expect(state.order).toMatchObject({ id, status: 'paid', paymentStatus: 'captured', totalCents: 6190 });
    expect(nextMove(state)).toBeUndefined();
  });

  it.each([
    ['reserve-stock', true, []],
    ['reserve-stock', false, ['reserve-stock']],
    ['authorise-payment', true, ['reserve-stock']],
    ['authorise-payment', false, ['authorise-payment', 'reserve-stock']],
    ['commit-stock', true, ['authorise-payment', 'reserve-stock']],
    ['capture-payment', true, ['authorise-payment', 'reserve-stock']],
  ] as const)('takes back in reverse where %s fails (certain: %s)', (step, isCertain, expected) => {
    const before = allDone.slice(
      0,
      steps.findIndex(({ name }) => name === step),
    );
    let { events } = run([place, ...before, failed(step, 'no-answer', isCertain)]);
    const taken: StepName[] = [];
    for (let move = nextMove(fold(events)); move; move = nextMove(fold(events))) {
      expect(move.kind).toBe('undo');
      taken.push(move.step.name);
      events = [...events, ...decide(undone(move.step.name), fold(events), { id, at })];
    }
    expect(taken).toEqual(expected);
    expect(events.at(-1)?.type).toBe('order-rejected');
    expect(fold(events).order?.status).toBe('cancelled');
  });

  it('says what became of the money: declined, voided, refunded, or none', () => {
    const statusAfter = (...commands: readonly Command[]): string | undefined =>
      run([place, ...commands]).state.order?.paymentStatus;
    const [reserve, authorise, commit, capture] = allDone as [Command, Command, Command, Command];
    expect(statusAfter(failed('reserve-stock', 'stock-short', true))).toBe('none');
    expect(
      statusAfter(reserve, failed('authorise-payment', 'card-declined', true), undone('reserve-stock')),
    ).toBe('declined');
    const refused = failed('commit-stock', 'reservation-conflict', true);
    const back = [undone('authorise-payment', 'voided'), undone('reserve-stock')];
    expect(statusAfter(reserve, authorise, refused, ...back)).toBe('voided');
    const refunded = [undone('authorise-payment', 'refunded'), undone('reserve-stock')];
    expect(statusAfter(reserve, authorise, commit, capture, { kind: 'cancel' }, ...refunded)).toBe(
      'refunded',
    );
  });

  it('is cancelled where it is paid, once, and nowhere else', () => {
    const cancel: Command = { kind: 'cancel' };
    expect(() => run([cancel])).toThrow(Refused);
    expect(() => run([place, cancel])).toThrow('an order that is pending cannot be cancelled');
    expect(() => run([place, failed('reserve-stock', 'stock-short', true), cancel])).toThrow(Refused);
    const { events, state } = run([place, ...allDone, cancel, cancel]);
    expect(typesOf({ events }).filter(type => type === 'cancel-asked')).toHaveLength(1);
    expect(nextMove(state)).toMatchObject({ kind: 'undo', step: { name: 'authorise-payment' } });
  });

  it('that is cancelled at the monolith gets its money back; the stock the monolith has put back', () => {
    const order = { ...(run([place, ...allDone]).state.order as Order), status: 'cancelled' };
    const command: Command = { kind: 'take-legacy', change: 7, order };
    const { events } = run([
      ...[place, ...allDone, command, { ...command, change: 8 }],
      undone('authorise-payment', 'refunded'),
    ]);
    expect(typesOf({ events }).slice(-3)).toEqual(['cancel-asked', 'payment-returned', 'order-cancelled']);
    // What the monolith repeats of what it has from here is no news.
    expect(typesOf(run([place, ...allDone, { ...command, kind: 'take-snapshot' }])).at(-1)).toBe(
      'order-confirmed',
    );
  });
});

describe('an order of the monolith', () => {
  const { id: _, ...order } = { ...(run([place, ...allDone]).state.order as Order) };
  const take = (change: number, status: string): Command => ({
    ...{ kind: 'take-legacy', change, order: { ...order, status } },
  });

  it('is what the newest change says, in whatever order and however often they come', () => {
    const changes = [take(5, 'paid'), take(6, 'shipped'), take(9, 'delivered')];
    fc.assert(
      fc.property(fc.shuffledSubarray([...changes, ...changes], { minLength: 3 }), shuffled => {
        const { state } = run(shuffled, 42);
        const newest = Math.max(...shuffled.map(command => (command as { change: number }).change));
        expect(state.legacyChange).toBe(newest);
        expect(state.order?.status).toBe({ 5: 'paid', 6: 'shipped', 9: 'delivered' }[newest]);
      }),
    );
  });

  it('is gone where it was deleted, and an older change does not bring it back', () => {
    const { state } = run([take(5, 'paid'), { kind: 'remove-legacy', change: 6 }, take(4, 'paid')], 42);
    expect(state.order).toBeUndefined();
  });

  it('is not written down again where a snapshot says the same', () => {
    const snapshot: Command = { kind: 'take-snapshot', change: 9, order: { ...order, status: 'paid' } };
    expect(run([take(5, 'paid'), snapshot, snapshot], 42).events).toHaveLength(1);
    const other: Command = { ...snapshot, order: { ...order, status: 'shipped' } };
    expect(run([take(5, 'paid'), other], 42).state.order?.status).toBe('shipped');
  });

  it('has no saga, and cannot be cancelled here', () => {
    const { state } = run([take(5, 'paid')], 42);
    expect(nextMove(state)).toBeUndefined();
    expect(() => decide({ kind: 'cancel' }, state, { id: 42, at })).toThrow('placed at the monolith');
  });
});

describe('any history', () => {
  const command = fc.oneof(
    fc.constant(place),
    fc.constantFrom(...allDone),
    fc
      .constantFrom(...steps.map(({ name }) => name))
      .chain(name => fc.boolean().map(isCertain => failed(name, 'no-answer', isCertain))),
    fc.constantFrom(undone('reserve-stock'), undone('authorise-payment', 'voided')),
    fc.constant<Command>({ kind: 'cancel' }),
  );

  it('keeps what it promises: repeating changes nothing, nothing is confirmed without all steps, an end is an end', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), commands => {
        let state = nothing;
        const types: string[] = [];
        for (const each of commands) {
          let events: readonly OrderEvent[] = [];
          try {
            events = decide(each, state, { id, at });
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
          }
          state = fold(events, state);
          types.push(...events.map(({ type }) => type));
          if (each.kind !== 'cancel') expect(decide(each, state, { id, at })).toEqual([]);
        }
        const first = types.indexOf('order-confirmed');
        if (first >= 0)
          expect(types.slice(0, first)).toEqual(['order-placed', ...steps.map(({ done }) => done)]);
        if (types.includes('order-rejected')) {
          expect(types.at(-1)).toBe('order-rejected');
          // Whatever was done was taken back.
          if (types.includes('payment-authorised')) expect(types).toContain('payment-returned');
          if (types.includes('stock-reserved')) expect(types).toContain('stock-released');
        }
        expect(state.saga !== undefined && nextMove(state) === undefined).toBe(
          ['order-confirmed', 'order-rejected', 'order-cancelled'].includes(types.at(-1) ?? ''),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('stored events', () => {
  it('are read back as they were', () => {
    for (const event of run([place, ...allDone, { kind: 'cancel' }]).events) {
      const stored = JSON.parse(JSON.stringify(toStored(event))) as StoredEvent;
      expect(upcast(stored)).toEqual(event);
    }
  });

  it('of an older version come out in the shape of today', () => {
    const old = JSON.parse(
      readFileSync(`${import.meta.dirname}/fixtures/order-placed-v1.json`, 'utf8'),
    ) as StoredEvent;
    expect(toStored(upcast(old)).schema).toBe(2);
    expect(fold([upcast(old)]).order).toMatchObject({
      ...{ currency: 'EUR', totalCents: 28905, taxCents: 4615, netCents: 24290, status: 'pending' },
      lines: [{ lineCents: 6720 }, { lineCents: 22185 }],
    });
  });

  it('of the future are refused', () => {
    const event = toStored(run([place]).events[0] as OrderEvent);
    expect(() => upcast({ ...event, schema: 3 })).toThrow(
      'order-placed: expected a version from 1 to 2, got 3',
    );
    expect(() => upcast({ ...event, type: 'order-frobbed' })).toThrow('order-frobbed is not known');
  });
});
