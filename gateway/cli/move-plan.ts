import { type Stage, stages } from '../core/vocabulary.ts';
import type { StageEdit } from '../edit-stage.ts';
import { gateAsks, judgeMove, nextStage, previousStage } from '../routing/stages.ts';
import { Stop } from './command.ts';

/** What a plan needs to know of a route; from the file, or from a gateway that runs elsewhere. */
export interface Movable {
  readonly name: string;
  readonly stage: Stage;
  readonly cohort: string | undefined;
  /** Its own, or its cohort's. */
  readonly percent: number | undefined;
  /** Something says what tells its clients apart. */
  readonly isSplit: boolean;
  readonly ownsData: boolean;
}

export interface MoveOrder {
  readonly direction: 'promote' | 'rollback';
  /** The name of a cohort if all of its routes move. */
  readonly cohort: string | undefined;
  readonly to: Stage | undefined;
  readonly percent: number | undefined;
  /** Methods, `upgrade` or `streaming` that no comparison covers. */
  readonly unverified: readonly string[];
  readonly isForced: boolean;
  readonly hasDataAck: boolean;
}

export interface Position {
  readonly stage: Stage;
  readonly percent: number | undefined;
}

export interface MovePlan {
  readonly edit: StageEdit;
  readonly moves: readonly { readonly route: string; readonly from: Position; readonly to: Position }[];
  /** What must be known before, as text: gates on the way of routes that move. */
  readonly gates: readonly string[];
}

/**
 * From what is asked to what changes. Pure: whether the gates are open it does not know. Throws a Stop: 1 where a rule
 * forbids it, 2 where there is no such route, 3 where it makes no sense.
 */
export function planMove(routes: readonly Movable[], order: MoveOrder): MovePlan {
  const stage = order.to ?? neighbourOf(routes, order);
  const moving = routes.filter(route => route.stage !== stage || changesPercent(route, stage, order));
  const moves = moving.map(route => ({
    route: route.name,
    from: positionOf(route.stage, route.percent),
    to: positionOf(stage, order.percent ?? route.percent),
  }));
  const gates = moving.flatMap(route => checkMove(route, stage, order) ?? []);
  const staged = moving.filter(route => route.stage !== stage);
  return {
    edit: {
      routes: (order.percent === undefined || order.cohort !== undefined ? staged : moving).map(
        route => route.name,
      ),
      cohort: order.cohort,
      stage: staged.length > 0 ? stage : undefined,
      percent: moving.length > 0 ? order.percent : undefined,
    },
    moves,
    gates,
  };
}

const positionOf = (stage: Stage, percent: number | undefined): Position => ({
  stage,
  percent: stage === 'canary' ? percent : undefined,
});

const rank = (stage: Stage): number => stages.indexOf(stage);

const changesPercent = (route: Movable, stage: Stage, { percent }: MoveOrder): boolean =>
  stage === 'canary' && percent !== undefined && percent !== route.percent;

/** One step on or back from where the routes stand; they must stand together. */
function neighbourOf(routes: readonly Movable[], { direction, percent, cohort }: MoveOrder): Stage {
  const [first] = routes;
  if (first === undefined) throw new Stop(2, `cohort ${cohort} has no routes`);
  const { name, stage } = first;
  if (routes.some(route => route.stage !== stage)) {
    const where = routes.map(route => `${route.name}: ${route.stage}`).join(', ');
    throw new Stop(3, `the routes of cohort ${cohort} stand in different stages (${where}): say --to`);
  }
  if (percent !== undefined && stage === 'canary') return stage;
  const isForward = direction === 'promote';
  const neighbour = isForward ? nextStage(stage) : previousStage(stage);
  if (neighbour === undefined)
    throw new Stop(1, `${name} is in ${stage}: there is no stage ${isForward ? 'after' : 'before'} it`);
  return neighbour;
}

/** Throws where the move may not be; the gate in front of it, as text, if there is one. */
function checkMove(route: Movable, to: Stage, order: MoveOrder): string | undefined {
  const { name, stage: from, percent } = route;
  const isBack = rank(to) < rank(from) || (to === from && (order.percent ?? 0) < (percent ?? 0));
  if (isBack !== (order.direction === 'rollback')) {
    const other = isBack ? 'back is `figway rollback`' : 'forward is `figway promote`';
    throw new Stop(3, `${name} is in ${describe(from, percent)}: ${other}`);
  }
  const judged = judgeMove({ stage: from, percent }, { stage: to, percent: order.percent ?? percent });
  if (!judged.isLegal) throw new Stop(1, `${name}: ${judged.why}`);
  if (order.percent !== undefined) checkPercent(route, to, order);
  if (to === 'canary') checkSplit(route, order);
  if (route.ownsData && givesToLegacy(from, to) && !order.hasDataAck)
    throw new Stop(
      1,
      `${name} has data: service, so the monolith's copy is stale: --data-ack says that somebody has taken care of it`,
    );
  const { gate } = judged;
  const steps = `${describe(from, percent)} to ${describe(to, to === 'canary' ? (order.percent ?? percent) : undefined)}`;
  return gate === 'none' ? undefined : `${name}: ${steps} needs ${gateAsks[gate]}`;
}

/** Clients whose data the service has would get legacy's. */
const givesToLegacy = (from: Stage, to: Stage): boolean =>
  rank(to) < rank(from) && rank(from) >= rank('canary') && rank(to) < rank('migrated');

function checkPercent({ name, cohort }: Movable, to: Stage, order: MoveOrder): void {
  if (to !== 'canary') throw new Stop(3, `--percent goes with canary, and ${name} would be in ${to}`);
  if (cohort !== undefined && order.cohort === undefined)
    throw new Stop(3, `the percent of ${name} is that of cohort ${cohort}: use --cohort ${cohort}`);
}

function checkSplit({ name, percent, isSplit }: Movable, order: MoveOrder): void {
  if (!isSplit)
    throw new Stop(
      1,
      `${name} needs \`by\` in canary, such as by: ["cookie:sid"]: write it at the route or its cohort`,
    );
  if (percent === undefined && order.percent === undefined)
    throw new Stop(
      1,
      `${name} needs \`percent\` in canary: give --percent, or write it at the route or its cohort`,
    );
}

const describe = (stage: Stage, percent: number | undefined): string =>
  stage === 'canary' && percent !== undefined ? `${stage} ${percent} %` : stage;
