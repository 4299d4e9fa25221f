import type { Evidence, EvidenceChanges } from './evidence.ts';
import { judgeRoute } from './judge-route.ts';
import { newRoute, type RouteEvidence, recordOn } from './route-evidence.ts';
import { putBackOn, restoreRoute, restoreTrial, takeChangesOf } from './saved-evidence.ts';
import { viewSignatures } from './signature-views.ts';

/** Evidence on all routes. Each route is bounded; there are as many as the config has ever named. */
export function createEvidence(): Evidence {
  const routes = new Map<string, RouteEvidence>();

  const routeOf = (name: string): RouteEvidence => {
    const route = routes.get(name) ?? newRoute(name);
    routes.set(name, route);
    return route;
  };

  return {
    record: (trial, settings) => recordOn(routeOf(trial.key.route), trial, settings),
    verdictOf: (name, settings) => judgeRoute(routes.get(name) ?? newRoute(name), settings),
    signaturesOf: name => viewSignatures(routes.get(name) ?? newRoute(name)),
    markSignature(name, signature, mark) {
      const route = routes.get(name);
      if (route === undefined || !hasSignature(route, signature)) return false;
      if (mark.state === 'legacy-bug') route.marks.set(signature, mark);
      else route.marks.delete(signature);
      route.changed.marks = true;
      return true;
    },
    takeChanges() {
      const changes = [...routes.values()].map(takeChangesOf);
      return {
        epochs: changes.flatMap(({ epochs }) => epochs),
        trials: changes.flatMap(({ trials }) => trials),
      };
    },
    putBack(changes) {
      for (const route of routes.values()) putBackOn(route, changes);
    },
    restore: records => restoreInto(routes, records),
  };
}

const hasSignature = (route: RouteEvidence, signature: string): boolean =>
  route.marks.has(signature) || [...route.epochs.values()].some(epoch => epoch.positions.has(signature));

/** A route that has gathered something by itself keeps that. */
function restoreInto(routes: Map<string, RouteEvidence>, { epochs, trials }: EvidenceChanges): number {
  let unread = 0;
  const places = new Map<string, { route: RouteEvidence; name: string }>();
  for (const [name, records] of Map.groupBy(epochs, record => record.key.route)) {
    if (routes.has(name)) continue;
    const restored = restoreRoute(name, records);
    unread += restored.unread;
    routes.set(name, restored.route);
    for (const [place, { id }] of restored.route.epochs)
      places.set(id, { route: restored.route, name: place });
  }
  for (const record of trials) {
    const place = places.get(record.epoch);
    const epoch = place?.route.epochs.get(place.name);
    if (place !== undefined && epoch !== undefined && !restoreTrial(place.route, epoch, record)) unread += 1;
  }
  return unread;
}
