/** Moves: the edit that makes one, and the record of every one, whoever edited the file. */
import { randomUUID } from 'node:crypto';
import { dirname, relative } from 'node:path';
import type { Proposal, StageChange, StageResult } from './admin/deps.ts';
import { type GateSource, judgeGate } from './admin/gates.ts';
import { formatProblem } from './config/format.ts';
import { toPatch } from './config/patch.ts';
import type { Problem } from './config/problem.ts';
import type { Events } from './core/events.ts';
import { EditRefused, writeEdited } from './edit-stage.ts';
import type { Live } from './live.ts';
import type { EditOutcome, Loader } from './load-apart.ts';
import type { MoveEvidence } from './routing/move-evidence.ts';
import type { Move, MoveStore } from './routing/route.ts';
import type { Config } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

export interface Moves {
  /** Edits the files and reloads. Gates, rights and reason have been checked. One at a time. */
  move(change: StageChange, live: Live): Promise<StageResult>;
  /** What `move` would write, as a patch. Writes nothing. */
  propose(change: StageChange, live: Live): Promise<Proposal>;
  /** Records what a swap changed: by the one whose `move` made it, else as a hand edit with its revision. */
  recordEdits(previous: Snapshot, next: Snapshot): void;
}

export interface MovesParts {
  readonly store: MoveStore;
  readonly events: Events;
  readonly loader: Loader;
  readonly wall: () => number;
  /** What the gates say, by the rules of that snapshot. */
  readonly gates: (snapshot: Snapshot) => GateSource;
}

export function createMoves({ store, events, loader, wall, gates }: MovesParts): Moves {
  let asked: StageChange | undefined;

  const record = (move: Move, by: 'request' | 'edit'): void => {
    events.emit({
      type: 'route-moved',
      route: move.route,
      from: move.from.stage,
      to: move.to.stage,
      by: move.by,
      reason: move.reason,
      ungated: move.ungated,
    });
    const kept = by === 'edit' ? store.recordEdit(move) : store.record(move);
    kept.catch((error: unknown) =>
      events.emit({
        type: 'store-failed',
        task: `record the move of ${move.route}`,
        reason: String(error),
      }),
    );
  };

  /** What the files would be; or why they cannot be. */
  const edit = async (change: StageChange, { lastReload }: Live): Promise<Edit> => {
    if (!lastReload.isGood)
      return {
        isDone: false,
        problems: ['the routes file is refused as it is: mend it first', ...toLines(lastReload.problems)],
      };
    const edited = await loader.edit(lastReload.sources, change);
    if (edited.errors.length > 0) return { isDone: false, problems: toLines(edited.errors) };
    return { isDone: true, files: edited.files };
  };

  return {
    move: (change, live) =>
      refusing(async () => {
        const edited = await edit(change, live);
        if (!edited.isDone) return edited;
        try {
          asked = change;
          await writeEdited(edited.files);
          const result = await live.reload();
          if (!result.isGood) return { isDone: false, problems: toLines(result.problems) };
          return { isDone: true, hash: live.current.hash, revision: live.current.revision };
        } finally {
          asked = undefined;
        }
      }),
    propose: (change, live) =>
      refusing(async () => {
        const edited = await edit(change, live);
        if (!edited.isDone) return edited;
        const folder = dirname(live.lastReload.sources[0]?.file ?? '');
        const patches = edited.files.map(({ file, before, after }) =>
          toPatch(relative(folder, file), before, after),
        );
        return { isDone: true, patch: `${patches.join('\n')}\n` };
      }),
    recordEdits(previous, next) {
      const at = wall();
      for (const route of previous.routes) {
        const from = positionOf(previous.config, route.name);
        const to = positionOf(next.config, route.name);
        if (from === undefined || to === undefined) continue;
        if (from.stage === to.stage && from.percent === to.percent) continue;
        const move = { id: randomUUID(), at, route: route.name, from, to, revision: next.revision };
        const mover = asked?.routes.includes(route.name) === true ? asked : undefined;
        if (mover !== undefined)
          record(
            { ...move, by: mover.by, reason: mover.reason, ...toKept(mover.evidence[route.name]) },
            'request',
          );
        // By the rules under which the evidence was gathered.
        else
          void judgeGate(gates(previous), route, { from, to, unverified: [] }).then(evidence =>
            record(
              {
                ...{ ...move, by: `revision ${next.revision}`, reason: 'edited by hand' },
                ...toKept(evidence),
              },
              'edit',
            ),
          );
      }
    },
  };
}

type Edit =
  | { readonly isDone: true; readonly files: EditOutcome['files'] }
  | { readonly isDone: false; readonly problems: readonly string[] };

/** An edit that cannot be made is an answer, not a fault. */
async function refusing<Result>(
  task: () => Promise<Result | { readonly isDone: false; readonly problems: readonly string[] }>,
): Promise<Result | { readonly isDone: false; readonly problems: readonly string[] }> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof EditRefused) return { isDone: false, problems: [error.message] };
    throw error;
  }
}

/** A move that nobody asked evidence of, and about which none is known, is kept without. */
function toKept(evidence: MoveEvidence | undefined): Pick<Move, 'ungated' | 'evidence'> {
  if (evidence === undefined) return { ungated: false };
  const isKnown = evidence.gate !== 'none' || evidence.verdict !== undefined;
  return { ungated: !evidence.isOpen, ...(isKnown ? { evidence } : {}) };
}

/** Where a route stands; the percent, its own or its cohort's, counts in canary only. */
function positionOf(config: Config, name: string): Move['from'] | undefined {
  const route = config.routes[name];
  if (route === undefined) return undefined;
  const split = route.cohort === undefined ? route : config.cohorts[route.cohort];
  return { stage: route.stage, percent: route.stage === 'canary' ? split?.percent : undefined };
}

const toLines = (problems: readonly Problem[]): string[] =>
  problems
    .filter(problem => problem.severity === 'error')
    .map(problem => formatProblem(problem, undefined, false));
