import type { GateSource } from './admin/gates.ts';
import type { Holds } from './admin/holds.ts';
import type { Trips } from './admin/trips.ts';
import type { Evidence } from './compare/evidence.ts';
import { rulesHash } from './compare/rules-now.ts';
import { defaultQuiet } from './routing/leftovers.ts';
import type { Snapshot } from './snapshot.ts';
import type { LeftoverKeeper } from './telemetry/leftovers.ts';

export interface GateParts {
  readonly evidence: Evidence;
  readonly trips: Trips;
  readonly holds: Pick<Holds, 'of'>;
  readonly leftovers: LeftoverKeeper;
  readonly wall: () => number;
}

/** What the gates look at, by the rules of each snapshot. */
export function createGates(parts: GateParts): (snapshot: Snapshot) => GateSource {
  const sources = new WeakMap<Snapshot, GateSource>();
  return snapshot => {
    const known = sources.get(snapshot) ?? gateSourceOf(snapshot, parts);
    sources.set(snapshot, known);
    return known;
  };
}

function gateSourceOf(snapshot: Snapshot, parts: GateParts): GateSource {
  const { evidence, trips, holds, leftovers, wall } = parts;
  const shadowings = new Map(
    snapshot.shadowings.flatMap(shadowing => (shadowing ? [[shadowing.route.name, shadowing]] : [])),
  );
  return {
    verdictOf(route, unverified) {
      const shadowing = shadowings.get(route);
      if (shadowing === undefined) return undefined;
      const { config, rules } = shadowing;
      return evidence.verdictOf(route, { ...config, rules: rulesHash(rules, wall()), unverified });
    },
    tripwireOf: route => snapshot.tripwires.get(route),
    lastTrip: trips.last,
    holdOf: holds.of,
    leftoversOf: leftovers.of,
    quietOf: route => snapshot.config.routes[route]?.quiet ?? defaultQuiet,
    now: wall,
  };
}
