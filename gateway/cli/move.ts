import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { type Stage, stages } from '../core/vocabulary.ts';
import type { MoveEvidence } from '../routing/move-evidence.ts';
import type { Config } from '../schema.ts';
import { type AdminClient, AdminRefused, NoAdmin, openAdmin } from './admin-client.ts';
import { type Call, type ExitCode, Stop } from './command.ts';
import { editHere } from './edit-here.ts';
import { toEvidenceLines } from './evidence-lines.ts';
import { type Good, loadGood } from './load.ts';
import { type Movable, type MoveOrder, type MovePlan, planMove } from './move-plan.ts';
import { type Known, tell } from './move-report.ts';
import { clean } from './table.ts';
import { readReason, readTarget } from './target.ts';

/** `promote` and `rollback`: through the gateway that runs the file, else in the file itself. */
export async function move(call: Call, direction: MoveOrder['direction']): Promise<ExitCode> {
  const reason = readReason(call);
  const route = readTarget(call, 'route', 'cohort');
  const order = readOrder(call, direction);
  const good = await loadGood(call);
  const routes = await pick(good, route, order.cohort);
  const plan = planMove(routes, order);
  if (plan.moves.length === 0) {
    tell(call, { how: 'nothing', plan, patch: '', evidence: {} });
    return 0;
  }
  const asked: Asked = { good, route, order, plan, reason };
  const admin = await findGateway(call, good);
  if (good.config.moves === 'propose') await propose(call, admin, asked);
  else if (admin !== undefined) await moveThere(call, admin, asked);
  else await moveHere(call, asked, {});
  return 0;
}

function readOrder({ options }: Call, direction: MoveOrder['direction']): MoveOrder {
  const to = options.text('to');
  if (to !== undefined && !isStage(to))
    throw new Stop(3, `--to: expected one of ${stages.join(', ')}, got ${JSON.stringify(to)}`);
  return {
    direction,
    cohort: options.text('cohort'),
    to,
    percent: options.percent('percent'),
    unverified: options.list('unverified'),
    isForced: options.flag('force'),
    hasDataAck: options.flag('dataAck'),
  };
}

const isStage = (word: string): word is Stage => stages.some(stage => stage === word);

/** The routes that were named; the nearest name where there is no such one. */
async function pick(
  { config, file }: Good,
  route: string | undefined,
  cohort: string | undefined,
): Promise<Movable[]> {
  const named = Object.keys(config.routes).filter(name =>
    route === undefined ? config.routes[name]?.cohort === cohort : name === route,
  );
  if (named.length > 0) return named.map(name => toMovable(config, name));
  const { suggestion } = await import('../config/nearest.ts');
  throw new Stop(
    2,
    route === undefined
      ? `${file} has no route of a cohort ${cohort}${suggestion(cohort ?? '', Object.keys(config.cohorts))}`
      : `${file} has no route ${route}${suggestion(route, Object.keys(config.routes))}`,
  );
}

function toMovable({ routes, cohorts }: Config, name: string): Movable {
  const route = routes[name];
  if (route === undefined) throw new TypeError(`no route ${name}`);
  const split = route.cohort === undefined ? route : cohorts[route.cohort];
  return {
    name,
    stage: route.stage,
    cohort: route.cohort,
    percent: split?.percent,
    isSplit: split?.by !== undefined,
    ownsData: route.data === 'service',
  };
}

/**
 * The gateway that runs this very file: a move through it is recorded with who and why. One that was named with
 * --admin is believed to be meant.
 */
async function findGateway(call: Call, { file, loaded }: Good): Promise<AdminClient | undefined> {
  const admin = await openAdmin(call);
  const status = await admin.get('/api/status').catch((error: unknown) => {
    if (error instanceof NoAdmin && call.options.text('admin') === undefined) return undefined;
    throw error;
  });
  if (status === undefined || call.options.text('admin') !== undefined)
    return status === undefined ? undefined : admin;
  const { config } = status as { config: { file: string; hash: string } };
  const isSame = isAbsolute(config.file)
    ? (await realpath(config.file).catch(() => '')) === (await realpath(file))
    : config.hash === loaded.hash;
  if (!isSame)
    call.print.note(`the gateway at ${admin.url} runs another file (${config.file}), so it is not asked`);
  return isSame ? admin : undefined;
}

interface Asked {
  readonly good: Good;
  readonly route: string | undefined;
  readonly order: MoveOrder;
  readonly plan: MovePlan;
  readonly reason: string;
}

async function moveThere(
  call: Call,
  admin: AdminClient,
  { route, order, plan, reason }: Asked,
): Promise<void> {
  const whole =
    route === undefined
      ? `/api/cohorts/${encodeURIComponent(order.cohort ?? '')}`
      : `/api/routes/${encodeURIComponent(route)}`;
  const body = {
    stage: plan.moves[0]?.to.stage,
    reason,
    ...(order.percent === undefined ? {} : { percent: order.percent }),
    ...(order.unverified.length === 0 ? {} : { unverified: order.unverified }),
    ...(order.isForced ? { force: true } : {}),
    ...(order.hasDataAck ? { dataAck: true } : {}),
  };
  try {
    const { evidence = {} } = (await admin.post(`${whole}/stage`, body)) as { evidence?: Known };
    tell(call, { how: 'gateway', plan, patch: '', evidence });
  } catch (error) {
    if (!(error instanceof AdminRefused)) throw error;
    const { code, patch, evidence } = error.problem;
    if (code === 'gate-closed') refuse(call, plan, evidence as Known);
    if (code !== 'moves-proposed') throw error;
    tell(call, { how: 'proposed', plan, patch: String(patch), evidence: evidence as Known });
  }
}

/** The patch is that of the file here; whether the move may be, the gateway knows. */
async function propose(call: Call, admin: AdminClient | undefined, asked: Asked): Promise<void> {
  const { plan, order } = asked;
  if (admin === undefined) return moveHere(call, asked, {});
  const known: Record<string, MoveEvidence> = {};
  for (const { route, to } of plan.moves) {
    const query = new URLSearchParams({ stage: to.stage });
    if (to.percent !== undefined) query.set('percent', String(to.percent));
    for (const each of order.unverified) query.append('unverified', each);
    known[route] = (await admin.get(
      `/api/routes/${encodeURIComponent(route)}/gate?${query}`,
    )) as MoveEvidence;
  }
  const isClosed = Object.values(known).some(({ isOpen }) => !isOpen);
  if (isClosed && !order.isForced) refuse(call, plan, known);
  await moveHere(call, asked, known);
}

/** Shows what is missing, and ends with 2. */
function refuse(call: Call, plan: MovePlan, known: Known): never {
  const closed = Object.entries(known).filter(([, { isOpen }]) => !isOpen);
  if (call.options.flag('json'))
    call.print.json({ how: 'refused', moves: plan.moves, evidence: known, patch: '' });
  else
    for (const [route, evidence] of closed)
      for (const line of toEvidenceLines(route, evidence)) call.print.note(clean(line));
  throw new Stop(2, `${plan.gates.join('; ')}. --force moves all the same, with the reason on record`);
}

/**
 * Edits the file, or prints the edit where moves are proposed. What the loader would refuse is never written.
 * @param known what a gateway said of the gates; empty where none was asked.
 */
async function moveHere(call: Call, { good, order, plan }: Asked, known: Known): Promise<void> {
  const isAsked = Object.keys(known).length > 0;
  if (plan.gates.length > 0 && !isAsked && !order.isForced)
    throw new Stop(
      2,
      `${plan.gates.join('; ')}, and no gateway that runs this file answers, so nothing is known. --force moves all the same`,
    );
  const { editStage } = await import('../edit-stage.ts');
  const { isProposed, patch } = await editHere(call, good, sources =>
    editStage(sources, call.env, plan.edit),
  );
  tell(call, { how: isProposed ? 'proposed' : 'file', plan, patch, evidence: known });
}
