import { realpath } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { type Stage, stages } from '../core/vocabulary.ts';
import type { Edited } from '../edit-stage.ts';
import type { Config } from '../schema.ts';
import { type AdminClient, openAdmin, Unreachable } from './admin-client.ts';
import { type Call, type ExitCode, Stop } from './command.ts';
import { count, type Good, loadGood, noteProblems } from './load.ts';
import { type Movable, type MoveOrder, type MovePlan, type Position, planMove } from './move-plan.ts';
import { toPatch } from './patch.ts';
import { readReason, readTarget } from './target.ts';

/** `promote` and `rollback`: through the gateway that runs the file, else in the file itself. */
export async function move(call: Call, direction: MoveOrder['direction']): Promise<ExitCode> {
  const reason = readReason(call);
  const route = readTarget(call, 'route', 'cohort');
  const good = await loadGood(call);
  const order = readOrder(call, direction);
  const plan = planMove(await pick(good.config, route, order.cohort), order);
  if (plan.moves.length === 0) return tellNothing(call, route ?? `cohort ${order.cohort}`);
  if (good.config.moves === 'propose') return propose(call, good, plan);
  const admin = await findGateway(call, good);
  return admin === undefined
    ? editHere(call, good, plan)
    : askGateway(call, admin, { plan, order, reason, route });
}
