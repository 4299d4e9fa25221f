import type { MoveEvidence } from '../routing/move-evidence.ts';
import type { Call } from './command.ts';
import { printPatch } from './edit-here.ts';
import { toEvidenceLines } from './evidence-lines.ts';
import type { MovePlan, Position } from './move-plan.ts';
import { clean } from './table.ts';

/** By route: what the gateway knew. */
export type Known = Readonly<Record<string, MoveEvidence>>;

/** How a move ended. */
export interface Done {
  readonly how: 'nothing' | 'gateway' | 'file' | 'proposed';
  readonly plan: MovePlan;
  readonly patch: string;
  readonly evidence: Known;
}

const fates: Record<Done['how'], string> = {
  nothing: 'nothing to do: it stands there already',
  gateway: 'the gateway has made the move, and recorded who and why',
  file: 'no gateway runs this file: it is edited here, and will be recorded as a hand edit',
  proposed: 'moves: propose, so nothing is written; this patch is the move',
};

export function tell({ print, options }: Call, { how, plan, patch, evidence }: Done): void {
  const isAsked = Object.keys(evidence).length > 0;
  const closed = Object.entries(evidence).filter(([, { isOpen }]) => !isOpen);
  const ungated = isAsked
    ? closed.map(([route, { reasons }]) => `${route}: ${reasons[0] ?? 'its gate is closed'}`)
    : how === 'gateway'
      ? []
      : plan.gates;
  if (options.flag('json')) {
    print.json({ how, moves: plan.moves, ungated, evidence, patch });
    return;
  }
  printPatch(print, patch);
  // A proposed patch goes on into `git apply`, so nothing else may stand on stdout.
  const say = how === 'proposed' ? print.note : print.line;
  for (const { route, from, to } of plan.moves) say(`${route}: ${show(from)} → ${show(to)}`);
  for (const [route, known] of Object.entries(evidence))
    if (known.gate !== 'none') for (const line of toEvidenceLines(route, known)) say(clean(line));
  for (const gate of ungated) say(clean(`ungated: ${gate}`));
  say(fates[how]);
}

const show = ({ stage, percent }: Position): string =>
  percent === undefined ? stage : `${stage} ${percent} %`;
