import type { Stage } from '../core/vocabulary.ts';
import type { MoveEvidence } from '../routing/move-evidence.ts';
import { judgeMove } from '../routing/stages.ts';
import type { AdminDeps } from './deps.ts';
import { judgeGate, standingOf } from './gates.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';
import { toUnverified } from './unverified.ts';

interface GateQuery {
  readonly stage: Stage | undefined;
  readonly percent: number | undefined;
  readonly unverified: readonly string[] | undefined;
}

/** What the gate in front of a move says, without moving: for who edits the file by a commit. */
export function gateOf(deps: AdminDeps, name: string, query: GateQuery): Promise<MoveEvidence> {
  const route = routeOf(deps, name);
  const { stage = 'legacy', percent, unverified = [] } = query;
  const judgement = judgeMove(standingOf(route), { stage, percent });
  if (!judgement.isLegal || route.index === 0)
    throw new AdminRefusal(
      'move-illegal',
      `${name}: ${judgement.isLegal ? 'it has no stage' : judgement.why}`,
    );
  const move = { from: standingOf(route), to: { stage, percent }, unverified: toUnverified(unverified) };
  return judgeGate(deps.gates(), route, move);
}
