import type { Stage } from '../core/vocabulary.ts';
import { stages } from '../core/vocabulary.ts';
import { missingFor } from '../routing/missing.ts';
import type { MoveEvidence } from '../routing/move-evidence.ts';
import type { Route } from '../routing/route.ts';
import { gateAsks, judgeMove } from '../routing/stages.ts';
import { type Caller, requireRoutes } from './caller.ts';
import type { AdminDeps, StageChange, StageResult } from './deps.ts';
import { judgeGate, standingOf } from './gates.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';
import { toUnverified } from './unverified.ts';

interface StageBody {
  readonly stage: Stage | undefined;
  readonly percent: number | undefined;
  readonly reason: string | undefined;
  readonly unverified: readonly string[] | undefined;
  readonly force: boolean | undefined;
  readonly dataAck: boolean | undefined;
}

interface StageOrder {
  readonly deps: AdminDeps;
  readonly caller: Caller;
  readonly body: StageBody;
}

/** A move that was made, and what was known of its routes. */
export type Moved = StageResult & { readonly evidence: Readonly<Record<string, MoveEvidence>> };

/** Moves of stage and percent, one at a time: each sees the table that the one before left. */
export interface StageMoves {
  moveRoute(order: StageOrder, name: string): Promise<Moved>;
  moveCohort(order: StageOrder, name: string): Promise<Moved>;
}

export function createStageMoves(): StageMoves {
  let last: Promise<unknown> = Promise.resolve();

  async function move(order: StageOrder, routes: readonly Route[], cohort?: string): Promise<Moved> {
    const names = routes.map(route => route.name);
    const { deps, caller, body } = order;
    requireRoutes(caller, names);
    const moving = checkMoves(routes, body);
    const evidence = await judge(deps, moving, body);
    requireOpen(moving, evidence, body);
    const { stage, percent, reason = '' } = body;
    const change = { routes: names, cohort, stage, percent, by: caller.id, reason, evidence };
    if (deps.config().moves === 'propose') throw await toProposal(deps, change);
    const result = await deps.moveStage(change);
    if (!result.isDone) throw new AdminRefusal('move-refused', result.problems.join('; '));
    return { ...result, evidence };
  }

  function inTurn(task: () => Promise<Moved>): Promise<Moved> {
    const mine = last.then(task);
    last = mine.catch(() => undefined);
    return mine;
  }

  return {
    moveRoute: (order, name) =>
      inTurn(() => {
        const route = routeOf(order.deps, name);
        const shared =
          route.cohort !== undefined && route.cohort.name !== name ? route.cohort.name : undefined;
        if (shared !== undefined && order.body.percent !== undefined)
          throw new AdminRefusal(
            'move-illegal',
            `the percent of ${name} is that of its cohort ${shared}: move that`,
          );
        return move(order, [route]);
      }),
    moveCohort: (order, name) =>
      inTurn(() => {
        const routes = order.deps.routes().filter(route => route.cohort?.name === name);
        if (routes.length === 0)
          throw new AdminRefusal('not-found', `there is no cohort ${JSON.stringify(name)} with a route`);
        return move(order, routes, name);
      }),
  };
}

/** Throws for a move that may not be; returns the routes that it changes. */
function checkMoves(routes: readonly Route[], body: StageBody): readonly Route[] {
  const { stage, percent } = body;
  if (stage === undefined || routes.some(route => route.index === 0))
    throw new AdminRefusal('move-illegal', 'unclaimed traffic has no stage');
  if (percent !== undefined && stage !== 'canary')
    throw new AdminRefusal('move-illegal', `percent belongs to the stage canary, not ${stage}`);
  // Of a cohort some may be there already; that all are is a mistake, and judged as one.
  const moving = routes.filter(route => route.stage !== stage || percent !== undefined);
  const checked = moving.length === 0 ? routes : moving;
  for (const route of checked) {
    const judgement = judgeMove(standingOf(route), { stage, percent });
    if (!judgement.isLegal) throw new AdminRefusal('move-illegal', `${route.name}: ${judgement.why}`);
    const missing = missingFor(route, stage);
    if (missing.length > 0)
      throw new AdminRefusal('move-refused', `write into routes.yaml first: ${missing.join('; ')}`);
    requireDataAck(route, stage, body.dataAck === true);
  }
  return checked;
}

/** What is known of each route. */
async function judge(
  deps: AdminDeps,
  routes: readonly Route[],
  { stage = 'legacy', percent, unverified = [] }: StageBody,
): Promise<Readonly<Record<string, MoveEvidence>>> {
  const source = deps.gates();
  const named = toUnverified(unverified);
  const judged = routes.map(async route => {
    const move = { from: standingOf(route), to: { stage, percent }, unverified: named };
    return [route.name, await judgeGate(source, route, move)] as const;
  });
  return Object.fromEntries(await Promise.all(judged));
}

/** A cohort moves only where the gate of every one of its routes is open. */
function requireOpen(
  routes: readonly Route[],
  evidence: Readonly<Record<string, MoveEvidence>>,
  { force }: StageBody,
): void {
  const closed = routes.flatMap(({ name }) => {
    const { gate, isOpen, reasons } = evidence[name] ?? { gate: 'none', isOpen: true, reasons: [] };
    return gate === 'none' || isOpen ? [] : [`${name}: this needs ${gateAsks[gate]}; ${reasons.join('; ')}`];
  });
  if (closed.length === 0 || force === true) return;
  throw new AdminRefusal(
    'gate-closed',
    `${closed.join('. ')}. force passes over it, with the reason on record`,
    { evidence },
  );
}

async function toProposal(deps: AdminDeps, change: StageChange): Promise<AdminRefusal> {
  const proposal = await deps.proposeStage(change);
  if (!proposal.isDone) return new AdminRefusal('move-refused', proposal.problems.join('; '));
  return new AdminRefusal(
    'moves-proposed',
    'moves: propose means that stages change by a commit; the patch is the move',
    { patch: proposal.patch, evidence: change.evidence },
  );
}

/** Going back to a side whose data is stale must be said aloud. */
function requireDataAck({ name, data, stage: from }: Route, to: Stage, isAcknowledged: boolean): void {
  const at = (stage: Stage) => stages.indexOf(stage);
  const givesToLegacy = at(to) < at(from) && at(from) >= at('canary') && at(to) < at('migrated');
  if (data === 'service' && givesToLegacy && !isAcknowledged)
    throw new AdminRefusal(
      'data-unacknowledged',
      `the service owns the data of ${name} (data: service), that of legacy is stale: dataAck says you know`,
    );
}
