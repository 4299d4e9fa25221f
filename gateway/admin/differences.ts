import type { SignatureView } from '../compare/evidence.ts';
import { type Caller, requireRoutes } from './caller.ts';
import type { AdminDeps } from './deps.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';
import { entryText } from './route-view.ts';
import { isoOf } from './status.ts';

/** One signature of a route; times are RFC 3339. */
export interface DifferenceView extends Omit<SignatureView, 'entry' | 'firstSeen' | 'lastSeen'> {
  /** `GET /orders/:id`. */
  readonly entry: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** What differs on a route at present, most frequent first. */
export function differencesOf(
  { deps, caller }: Pick<MarkOrder, 'deps' | 'caller'>,
  name: string,
): readonly DifferenceView[] {
  const route = routeOf(deps, name);
  requireRoutes(caller, [name]);
  return deps.evidence.signaturesOf(name).map(signature => ({
    ...signature,
    entry: entryText(route, signature.entry),
    firstSeen: isoOf(signature.firstSeen),
    lastSeen: isoOf(signature.lastSeen),
  }));
}

interface MarkOrder {
  readonly deps: AdminDeps;
  readonly caller: Caller;
  readonly body: {
    readonly signature: string | undefined;
    readonly state: 'legacy-bug' | 'open' | undefined;
    readonly reason: string | undefined;
  };
}

/** Says that legacy is wrong there, so that it no longer stands against the service; or takes that back. */
export function markDifference({ deps, caller, body }: MarkOrder, name: string): object {
  routeOf(deps, name);
  requireRoutes(caller, [name]);
  const { signature = '', state = 'open', reason = '' } = body;
  const mark = { state, by: caller.id, reason, at: deps.clock.wall() };
  if (!deps.evidence.markSignature(name, signature, mark))
    throw new AdminRefusal('not-found', `${name} has no difference ${JSON.stringify(signature)}`);
  return { route: name, signature, state };
}
