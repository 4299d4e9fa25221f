import { errors } from '../core/errors.ts';
import type { Events } from '../core/events.ts';
import type { Exchange, RouteFacts } from '../core/exchange.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Hold } from '../routing/route.ts';
import type { Trial } from './evidence.ts';
import { clientOf, fingerprintOf, whoOf } from './request-hash.ts';
import type { TripwireConfig } from './schema.ts';
import { createTripwire, type Sighting, type Tripwire, toSighting } from './tripwire.ts';

/** The brake, as far as a tripwire works it. */
export interface TripwireHolds {
  of(route: string): Hold | undefined;
  /** Counts at once. Never rejects. */
  hold(order: { readonly route: string; readonly by: string; readonly reason: string }): Promise<void>;
}

export interface TripwiresDeps {
  readonly events: Events;
  readonly wall: () => number;
  readonly holds: TripwireHolds;
  /** As it runs now; undefined for a route without one, or whose service serves nobody. */
  readonly settingsOf: (route: RouteFacts) => TripwireConfig | undefined;
}

/** The tripwires of all routes: they watch what services answer, and hold a route that has got worse than its bounds. */
export interface Tripwires {
  /** A comparison that has ended. */
  compared(route: RouteFacts, trial: Trial, outcome: Outcome): void;
  keep(isRoute: (name: string) => boolean): void;
  close(): void;
}

interface Armed {
  readonly settings: TripwireConfig;
  readonly wire: Tripwire;
}

export function createTripwires({ events, wall, holds, settingsOf }: TripwiresDeps): Tripwires {
  const armed = new Map<string, Armed>();

  const wireOf = (route: RouteFacts): Tripwire | undefined => {
    const settings = settingsOf(route);
    if (settings === undefined) return undefined;
    const known = armed.get(route.name);
    if (known !== undefined && isSame(known.settings, settings)) return known.wire;
    const wire = createTripwire(settings);
    armed.set(route.name, { settings, wire });
    return wire;
  };

  const see = (route: RouteFacts, wire: Tripwire, sighting: Sighting): void => {
    // What is held already trips nothing; while a release ramps up it may trip again.
    const hold = holds.of(route.name);
    if (hold !== undefined && hold.released <= 0) return;
    const tripped = wire.see(sighting);
    if (tripped === undefined) return;
    wire.clear();
    const { reason } = tripped;
    // Where the service owns the data legacy's is stale: only people may decide for that.
    const isHeld = route.data !== 'service';
    events.emit({ type: 'tripwire-tripped', route: route.name, reason, isHeld });
    if (isHeld) void holds.hold({ route: route.name, by: 'tripwire', reason });
  };

  const stop = events.on('exchange-finished', ({ exchange }) => {
    const { route } = exchange;
    if (exchange.decision.serve !== 'service') return;
    const wire = wireOf(route);
    if (wire === undefined) return;
    const isBad = wasFailed(exchange);
    if (isBad === undefined) return;
    const who = whoOf(exchange);
    const facts = { method: exchange.method, target: exchange.target.raw, who, body: undefined };
    see(route, wire, { at: wall(), fingerprint: fingerprintOf(facts), client: clientOf(who), errors: isBad });
  });

  return {
    compared(route, trial, outcome) {
      const wire = wireOf(route);
      const sighting = wire && toSighting(trial, outcome);
      if (wire !== undefined && sighting !== undefined) see(route, wire, sighting);
    },
    keep(isRoute) {
      for (const name of armed.keys()) if (!isRoute(name)) armed.delete(name);
    },
    close: stop,
  };
}

const isSame = (a: TripwireConfig, b: TripwireConfig): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

/** Whether the service failed a request that it was to serve; undefined where it was not asked for an answer. */
function wasFailed({ served, status, fallback, refusal }: Exchange): boolean | undefined {
  if (fallback !== undefined) return true;
  if (served === 'service') return status >= 500;
  return refusal !== undefined && errors[refusal].fault === 'upstream' ? true : undefined;
}
