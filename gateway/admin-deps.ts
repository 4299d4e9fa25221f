import { dirname, join, relative, resolve } from 'node:path';
import type { AdminDeps, PreviewGiven } from './admin/deps.ts';
import type { GateSource } from './admin/gates.ts';
import type { HoldSharing } from './admin/hold-sharing.ts';
import type { Holds } from './admin/holds.ts';
import type { Evidence } from './compare/evidence.ts';
import type { Recording } from './compare/recording.ts';
import type { Environment } from './config/environment.ts';
import { formatProblem } from './config/format.ts';
import type { Clock } from './core/clock.ts';
import type { Events } from './core/events.ts';
import { explainRequest } from './explain-request.ts';
import type { Live, ReloadResult } from './live.ts';
import type { Moves } from './moves.ts';
import type { Onlookers } from './onlookers.ts';
import { previewApart, type Texts } from './preview-apart.ts';
import { unclaimedMethods } from './routing/discovery/claimed.ts';
import type { Config } from './schema.ts';
import type { Seen } from './seen.ts';
import { waitsForRestart } from './settled.ts';
import type { Snapshot } from './snapshot.ts';
import type { Store } from './store/store.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

interface Parts {
  /** What the gateway started with. */
  readonly started: Config;
  readonly file: string;
  readonly env: Environment;
  readonly live: Live;
  readonly holds: Holds;
  readonly sharing: HoldSharing;
  readonly store: Store;
  readonly evidence: Evidence;
  readonly recording: Pick<Recording, 'open'>;
  readonly seen: Seen;
  readonly telemetry: Telemetry;
  readonly moves: Moves;
  readonly onlookers: Onlookers;
  readonly gates: (snapshot: Snapshot) => GateSource;
  readonly events: Events;
  readonly clock: Clock;
  readonly draining: () => string | undefined;
}

/** What the admin port sees of the running gateway. */
export function adminDeps(parts: Parts): AdminDeps {
  const { live, telemetry } = parts;
  return {
    settings: () => live.current.config.admin,
    config: () => ({
      file: resolve(parts.file),
      hash: live.current.hash,
      revision: live.current.revision,
      loadedAt: live.current.loadedAt,
      moves: live.current.config.moves,
      waitsForRestart: waitsForRestart(parts.started, live.current.config),
      lastReload: {
        at: live.lastReload.at,
        isGood: live.lastReload.isGood,
        problems: toLines(live.lastReload),
      },
    }),
    routes: () => live.current.routes,
    upstreams: parts.seen.upstreams,
    observed: () => live.current.services.observed.list(),
    limits: parts.seen.limits,
    holdSharing: parts.sharing.status,
    keySets: parts.seen.keySets,
    workers: parts.seen.workers,
    draining: parts.draining,
    async reload() {
      const result = await live.reload();
      return result.isGood
        ? { isGood: true, hash: live.current.hash, revision: live.current.revision }
        : { isGood: false, problems: toLines(result) };
    },
    explain: query => explainRequest(live.current, query, route => parts.holds.of(route)),
    moveStage: change => parts.moves.move(change, live),
    discovered: parts.onlookers.discovery.view,
    unclaimedMethods: (template, methods) => unclaimedMethods(live.current.table, template, methods),
    async preview(given) {
      const recent = await parts.onlookers.recent.take();
      const { sources } = live;
      const after = toTexts(given, sources);
      const outcome = await previewApart({ before: sources, after, env: parts.env, recent });
      return { since: recent.since, ...outcome };
    },
    readProgress: parts.onlookers.progress.read,
    proposeStage: change => parts.moves.propose(change, live),
    gates: () => parts.gates(live.current),
    evidence: parts.evidence,
    holds: parts.holds,
    store: parts.store,
    recording: parts.recording,
    tally: telemetry.tally,
    metrics: telemetry,
    events: parts.events,
    clock: parts.clock,
  };
}

const toLines = (result: ReloadResult): string[] =>
  result.problems
    .filter(problem => problem.severity === 'error')
    .map(problem => formatProblem(problem, undefined, false));

/** The given files in the place of those that run, so that what they name is found where it is. */
function toTexts({ text, files }: PreviewGiven, running: Texts): Texts | undefined {
  const main = running[0]?.file ?? '';
  if (text !== undefined) return [{ file: main, text }, ...running.slice(1)];
  const given = files?.[0];
  if (files === undefined || given === undefined) return undefined;
  const place = (file: string): string =>
    file === given.file ? main : join(dirname(main), relative(dirname(given.file), file));
  return files.map(({ file, text: content }) => ({ file: place(file), text: content }));
}
