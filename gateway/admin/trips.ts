import type { Events } from '../core/events.ts';

/** The last time that a tripwire of a route has seen enough. */
export interface Trip {
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly reason: string;
}

/** Of this process: after a restart a route is as good as its hold says. */
export interface Trips {
  last(route: string): Trip | undefined;
  keep(isRoute: (name: string) => boolean): void;
  close(): void;
}

export function createTrips(events: Events, wall: () => number): Trips {
  const trips = new Map<string, Trip>();
  const stop = events.on('tripwire-tripped', ({ route, reason }) => trips.set(route, { at: wall(), reason }));
  return {
    last: route => trips.get(route),
    keep(isRoute) {
      for (const name of trips.keys()) if (!isRoute(name)) trips.delete(name);
    },
    close: stop,
  };
}
