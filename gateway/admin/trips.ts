import type { Events } from '../core/events.ts';
import type { Trip, TripStore } from '../routing/route.ts';

/** When and why the tripwire of each route has last seen enough. It outlives the process, as its hold does. */
export interface Trips {
  /** Reads what earlier processes saw. Never rejects. */
  load(): Promise<void>;
  last(route: string): Trip | undefined;
  keep(isRoute: (name: string) => boolean): void;
  close(): void;
}

export interface TripsDeps {
  readonly store: TripStore;
  readonly events: Events;
  readonly wall: () => number;
}

export function createTrips({ store, events, wall }: TripsDeps): Trips {
  const trips = new Map<string, Trip>();
  /** Routes whose last trip the store does not have. */
  const unsaved = new Set<string>();
  let isRead = false;

  const fail = (task: string, error: unknown): void =>
    events.emit({ type: 'store-failed', task, reason: String(error) });

  const save = async (trip: Trip): Promise<void> => {
    unsaved.add(trip.route);
    await store.keepTrip(trip);
    // It may have tripped again meanwhile.
    if (trips.get(trip.route) === trip) unsaved.delete(trip.route);
  };

  const load = async (): Promise<void> => {
    for (const trip of await store.trips())
      if ((trips.get(trip.route)?.at ?? 0) < trip.at) trips.set(trip.route, trip);
    isRead = true;
  };

  const stops = [
    events.on('tripwire-tripped', ({ route, reason }) => {
      const trip = { route, at: wall(), reason };
      trips.set(route, trip);
      save(trip).catch((error: unknown) => fail(`keep the trip of ${route}`, error));
    }),
    // What has failed until then has told so.
    events.on('store-restored', () => {
      if (!isRead) load().catch(() => undefined);
      for (const route of unsaved) {
        const trip = trips.get(route);
        if (trip !== undefined) save(trip).catch(() => undefined);
      }
    }),
  ];

  return {
    load: () => load().catch((error: unknown) => fail('read trips', error)),
    last: route => trips.get(route),
    keep(isRoute) {
      for (const name of trips.keys()) if (!isRoute(name)) trips.delete(name);
      for (const name of unsaved) if (!trips.has(name)) unsaved.delete(name);
    },
    close() {
      for (const stop of stops) stop();
    },
  };
}
