import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { type Stage, stages } from '../core/vocabulary.ts';
import type { Edited } from '../edit-stage.ts';
import type { Config } from '../schema.ts';
import { type AdminClient, NoAdmin, openAdmin } from './admin-client.ts';
import { type Call, type ExitCode, Stop } from './command.ts';
import { count, type Good, loadGood, noteProblems } from './load.ts';
import { type Movable, type MoveOrder, type MovePlan, type Position, planMove } from './move-plan.ts';
import { toPatch } from '../config/patch.ts';
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
    tell(call, { how: 'nothing', plan, patch: '' });
    return 0;
  }
  const admin = good.config.moves === 'propose' ? undefined : await findGateway(call, good);
  if (admin === undefined) await moveHere(call, good, plan);
  else await moveThere(call, admin, { route, order, plan, reason });
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
  await admin.post(`${whole}/stage`, {
    stage: plan.moves[0]?.to.stage,
    reason,
    ...(order.percent === undefined ? {} : { percent: order.percent }),
    ...(order.unverified.length === 0 ? {} : { unverified: order.unverified }),
    ...(order.isForced ? { force: true } : {}),
    ...(order.hasDataAck ? { dataAck: true } : {}),
  });
  tell(call, { how: 'gateway', plan, patch: '' });
}

/** Edits the file, or prints the edit where moves are proposed. What the loader would refuse is never written. */
async function moveHere(call: Call, { config, file, loaded }: Good, plan: MovePlan): Promise<void> {
  const { EditRefused, editStage, writeEdited } = await import('../edit-stage.ts');
  const isProposed = config.moves === 'propose';
  try {
    const edited = await editStage(loaded.sources, call.env, plan.edit);
    await requireGood(call, edited, file);
    if (!isProposed) await writeEdited(edited.files);
    const patch = edited.files.map(({ file, before, after }) => toPatch(file, before, after)).join('\n');
    tell(call, { how: isProposed ? 'proposed' : 'file', plan, patch });
  } catch (error) {
    throw error instanceof EditRefused ? new Stop(1, error.message) : error;
  }
}

async function requireGood(call: Call, { files, loaded }: Edited, file: string): Promise<void> {
  if (loaded.config !== undefined) return;
  const errors = loaded.problems.filter(problem => problem.severity === 'error');
  const after = new Map(files.map(({ file, after }) => [file, after]));
  const sources = loaded.sources.map(source => ({ ...source, text: after.get(source.file) ?? source.text }));
  await noteProblems(call, errors, sources);
  throw new Stop(
    1,
    `${file} would have ${count(errors.length, 'error')} after this move; nothing is written`,
  );
}

interface Done {
  readonly how: 'nothing' | 'gateway' | 'file' | 'proposed';
  readonly plan: MovePlan;
  readonly patch: string;
}

const fates: Record<Done['how'], string> = {
  nothing: 'nothing to do: it stands there already',
  gateway: 'the gateway has made the move, and recorded who and why',
  file: 'no gateway runs this file: it is edited here, and will be recorded as a hand edit',
  proposed: 'moves: propose, so nothing is written; this patch is the move',
};

function tell({ print, options }: Call, { how, plan, patch }: Done): void {
  if (options.flag('json')) {
    print.json({ how, moves: plan.moves, ungated: plan.ungated, patch });
    return;
  }
  if (patch !== '') for (const line of patch.split('\n')) print.line(print.paint(styleOf(line), line));
  // A proposed patch goes on into `git apply`, so nothing else may stand on stdout.
  const say = how === 'proposed' ? print.note : print.line;
  for (const { route, from, to } of plan.moves) say(`${route}: ${show(from)} → ${show(to)}`);
  for (const gate of plan.ungated) say(`ungated: ${gate}`);
  say(fates[how]);
}

const styleOf = (line: string) =>
  line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : line.startsWith('@@') ? 'cyan' : 'plain';

export const show = ({ stage, percent }: Position): string =>
  percent === undefined ? stage : `${stage} ${percent} %`;
