/** Moves: the edit that makes one, and the record of every one, whoever edited the file. */
import { randomUUID } from 'node:crypto';
import type { StageChange, StageResult } from './admin/deps.ts';
import { formatProblem } from './config/format.ts';
import type { Problem } from './config/problem.ts';
import type { Events } from './core/events.ts';
import { EditRefused, writeEdited } from './edit-stage.ts';
import type { Live } from './live.ts';
import type { Loader } from './load-apart.ts';
import type { Move, MoveStore } from './routing/route.ts';
import { gateFor } from './routing/stages.ts';
import type { Config } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

export interface Moves {
  /** Edits the files and reloads. Gates, rights and reason have been checked. One at a time. */
  move(change: StageChange, live: Live): Promise<StageResult>;
  /** Records what a swap changed: by the one whose `move` made it, else as a hand edit with its revision. */
  recordEdits(previous: Snapshot, next: Snapshot): void;
}

export interface MovesParts {
  readonly store: MoveStore;
  readonly events: Events;
  readonly loader: Loader;
  readonly wall: () => number;
}

export function createMoves({ store, events, loader, wall }: MovesParts): Moves {
  let asked: StageChange | undefined;

  const record = (move: Move): void => {
    events.emit({
      type: 'route-moved',
      route: move.route,
      from: move.from.stage,
      to: move.to.stage,
      by: move.by,
      reason: move.reason,
      ungated: move.ungated,
    });
    store.record(move).catch((error: unknown) =>
      events.emit({
        type: 'store-failed',
        task: `record the move of ${move.route}`,
        reason: String(error),
      }),
    );
  };

  return {
    async move(change, live) {
      const { lastReload } = live;
      if (!lastReload.isGood)
        return {
          isDone: false,
          problems: ['the routes file is refused as it is: mend it first', ...toLines(lastReload.problems)],
        };
      try {
        const edited = await loader.edit(lastReload.sources, change);
        if (edited.errors.length > 0) return { isDone: false, problems: toLines(edited.errors) };
        asked = change;
        await writeEdited(edited.files);
        const result = await live.reload();
        if (!result.isGood) return { isDone: false, problems: toLines(result.problems) };
        return { isDone: true, hash: live.current.hash, revision: live.current.revision };
      } catch (error) {
        if (error instanceof EditRefused) return { isDone: false, problems: [error.message] };
        throw error;
      } finally {
        asked = undefined;
      }
    },
    recordEdits(previous, next) {
      for (const name of Object.keys(next.config.routes)) {
        const from = positionOf(previous.config, name);
        const to = positionOf(next.config, name);
        if (from === undefined || to === undefined) continue;
        if (from.stage === to.stage && from.percent === to.percent) continue;
        const mover = asked?.routes.includes(name) === true ? asked : undefined;
        record({
          id: randomUUID(),
          at: wall(),
          route: name,
          from,
          to,
          by: mover?.by ?? `revision ${next.revision}`,
          reason: mover?.reason ?? 'edited by hand',
          revision: next.revision,
          ungated: mover?.ungated ?? gateFor(from, to) !== 'none',
        });
      }
    },
  };
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
