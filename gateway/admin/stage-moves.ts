import type { Stage } from '../core/vocabulary.ts';
import { stages } from '../core/vocabulary.ts';
import type { Route } from '../routing/route.ts';
import { type Gate, judgeMove, type Standing } from '../routing/stages.ts';
import { type Caller, requireRoutes } from './caller.ts';
import type { AdminDeps, StageResult } from './deps.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';

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

/** Moves of stage and percent, one at a time: each sees the table that the one before left. */
export interface StageMoves {
  moveRoute(order: StageOrder, name: string): Promise<StageResult>;
  moveCohort(order: StageOrder, name: string): Promise<StageResult>;
}

export function createStageMoves(): StageMoves {
  let last: Promise<unknown> = Promise.resolve();

  async function move(order: StageOrder, routes: readonly Route[], cohort?: string): Promise<StageResult> {
    const names = routes.map(route => route.name);
    const { deps, caller, body } = order;
    requireRoutes(caller, names);
    if (deps.config().moves === 'propose')
      throw new AdminRefusal(
        'moves-proposed',
        'moves: propose means that stages change by a commit; `figway promote` prints the patch',
      );
    const isUngated = checkMoves(routes, body);
    const { stage, percent, reason = '' } = body;
    const change = { routes: names, cohort, stage, percent, by: caller.id, reason, ungated: isUngated };
    const result = await deps.moveStage(change);
    if (!result.isDone) throw new AdminRefusal('move-refused', result.problems.join('; '));
    return result;
  }

  function inTurn(task: () => Promise<StageResult>): Promise<StageResult> {
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

/** Throws for a move that may not be; true if it passes over a gate by force. */
function checkMoves(routes: readonly Route[], body: StageBody): boolean {
  const { stage, percent } = body;
  if (stage === undefined || routes.some(route => route.index === 0))
    throw new AdminRefusal('move-illegal', 'unclaimed traffic has no stage');
  if (percent !== undefined && stage !== 'canary')
    throw new AdminRefusal('move-illegal', `percent belongs to the stage canary, not ${stage}`);
  const to = { stage, percent };
  // Of a cohort some may be there already; that all are is a mistake, and judged as one.
  const moving = routes.filter(route => route.stage !== stage || percent !== undefined);
  return (moving.length === 0 ? routes : moving).map(route => checkMove(route, to, body)).some(Boolean);
}

function checkMove(route: Route, to: Standing & { stage: Stage }, { force, dataAck }: StageBody): boolean {
  const { name, stage, cohort } = route;
  const from = { stage, percent: stage === 'canary' ? (cohort?.threshold ?? 0) / 100 : undefined };
  const judgement = judgeMove(from, to);
  if (!judgement.isLegal) throw new AdminRefusal('move-illegal', `${name}: ${judgement.why}`);
  requireDataAck(route, to.stage, dataAck === true);
  if (judgement.gate === 'none') return false;
  if (force === true) return true;
  throw new AdminRefusal(
    'gate-closed',
    `${name}: ${missing[judgement.gate]}; force passes over it, with a reason`,
  );
}

/** What each gate asks for. Nothing gathers evidence yet, so a gate is closed. */
const missing: Readonly<Record<Exclude<Gate, 'none'>, string>> = {
  ready: 'this needs the verdict `ready`, and nothing has been compared yet',
  'ready+no-tripwire':
    'this needs the verdict `ready` and a quiet tripwire, and nothing has been compared yet',
  leftovers: 'this needs to know that legacy did nothing for it any more, and nothing has watched that yet',
};

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
