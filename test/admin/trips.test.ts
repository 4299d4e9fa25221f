import { expect, it } from 'vitest';
import { createTrips } from '../../gateway/admin/trips.ts';
import { createEvents } from '../../gateway/core/events.ts';
import type { Trip } from '../../gateway/routing/route.ts';

/** A store that is away until it is told otherwise. */
function open(kept: Trip[] = []) {
  const events = createEvents();
  const told: string[] = [];
  const state = { isAway: true };
  events.on('store-failed', ({ task }) => told.push(task));
  const answer = <Value>(value: () => Value): Promise<Value> =>
    state.isAway ? Promise.reject(new Error('away')) : Promise.resolve(value());
  const store = {
    trips: () => answer(() => [...kept]),
    keepTrip: (trip: Trip) => answer(() => void kept.push(trip)),
  };
  const trips = createTrips({ store, events, wall: () => 2000 });
  return { events, state, kept, told, trips };
}

const trip = (facts: Partial<Trip>): Trip => ({ route: 'orders', at: 1000, reason: 'errors 9 %', ...facts });

it('a trip that the store did not take is told, and kept as soon as the store is back', async () => {
  const { events, state, kept, told, trips } = open();
  events.emit({ type: 'tripwire-tripped', route: 'orders', reason: 'errors 9 %', isHeld: true });
  await expect.poll(() => told).toEqual(['keep the trip of orders']);
  expect(trips.last('orders')).toEqual(trip({ at: 2000 }));
  state.isAway = false;
  events.emit({ type: 'store-restored' });
  await expect.poll(() => kept).toEqual([trip({ at: 2000 })]);
  events.emit({ type: 'store-restored' });
  await trips.load();
  expect(kept).toHaveLength(1);
});

it('what could not be read at the start is read later, and replaces nothing newer', async () => {
  const { events, state, told, trips } = open([trip({ reason: 'old' }), trip({ route: 'users' })]);
  await trips.load();
  expect(told).toEqual(['read trips']);
  events.emit({ type: 'tripwire-tripped', route: 'orders', reason: 'new', isHeld: true });
  state.isAway = false;
  events.emit({ type: 'store-restored' });
  await expect.poll(() => trips.last('users')).toEqual(trip({ route: 'users' }));
  expect(trips.last('orders')).toMatchObject({ at: 2000, reason: 'new' });
  trips.keep(name => name === 'users');
  expect(trips.last('orders')).toBeUndefined();
  trips.close();
  events.emit({ type: 'tripwire-tripped', route: 'orders', reason: 'late', isHeld: true });
  expect(trips.last('orders')).toBeUndefined();
});
