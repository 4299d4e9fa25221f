import type { SignatureView } from '../compare/evidence.ts';
import { type Caller, requireRoutes } from './caller.ts';
import type { AdminDeps } from './deps.ts';
import { entryText } from './entry-text.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';
import { isoOf } from './status.ts';

/** All differences of one shape on a route. Times are RFC 3339, shares 0 to 1; `group` is the number of its finding. */
export interface DifferenceRow extends Omit<SignatureView, 'entry' | 'firstSeen' | 'lastSeen'> {
  /** `GET /orders/:id`; empty where the file has no such entry any more. */
  readonly entry: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

interface Asked {
  readonly deps: AdminDeps;
  readonly caller: Caller;
}

/** Most frequent first. */
export function differencesOf(
  { deps, caller }: Asked,
  name: string,
): { differences: readonly DifferenceRow[] } {
  requireRoutes(caller, [name]);
  routeOf(deps, name);
  return {
    differences: deps.evidence.signaturesOf(name).map(view => ({
      ...view,
      entry: entryText(deps, { route: name, entry: view.entry }) ?? '',
      firstSeen: isoOf(view.firstSeen),
      lastSeen: isoOf(view.lastSeen),
    })),
  };
}

interface Mark extends Asked {
  readonly body: {
    readonly signature: string | undefined;
    readonly state: 'legacy-bug' | 'open' | undefined;
    readonly reason: string | undefined;
  };
}

/** Who says that legacy is wrong answers for it by name: it no longer stands against the service. */
export function markDifference({ deps, caller, body }: Mark, name: string): object {
  requireRoutes(caller, [name]);
  routeOf(deps, name);
  const { signature = '', state = 'open', reason = '' } = body;
  const mark = { state, reason, by: caller.id, at: deps.clock.wall() };
  if (!deps.evidence.markSignature(name, signature, mark))
    throw new AdminRefusal('not-found', `${name} has shown no ${JSON.stringify(signature.slice(0, 200))}`);
  return { route: name, signature, state };
}
