import { resolve } from 'node:path';
import type { AdminDeps } from './admin/deps.ts';
import type { HoldSharing } from './admin/hold-sharing.ts';
import type { Holds } from './admin/holds.ts';
import type { Evidence } from './compare/evidence.ts';
import type { Recording } from './compare/recording.ts';
import { formatProblem } from './config/format.ts';
import type { Clock } from './core/clock.ts';
import type { Events } from './core/events.ts';
import type { Edge } from './edge/services.ts';
import { explainRequest } from './explain-request.ts';
import type { Live, ReloadResult } from './live.ts';
import type { Moves } from './moves.ts';
import type { Upstreams } from './proxy/upstreams.ts';
import type { Config } from './schema.ts';
import { waitsForRestart } from './settled.ts';
import type { Store } from './store/store.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

interface Parts {
  /** What the gateway started with. */
  readonly started: Config;
  readonly file: string;
  readonly live: Live;
  readonly holds: Holds;
  readonly sharing: HoldSharing;
  readonly store: Store;
  readonly evidence: Evidence;
  readonly recording: Recording;
  readonly upstreams: Upstreams;
  readonly edge: Edge;
  readonly telemetry: Telemetry;
  readonly moves: Moves;
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
    upstreams: () => parts.upstreams.status(),
    observed: () => live.current.services.observed.list(),
    limits: parts.edge.limits,
    holdSharing: parts.sharing.status,
    keySets: parts.edge.keySets,
    draining: parts.draining,
    async reload() {
      const result = await live.reload();
      return result.isGood
        ? { isGood: true, hash: live.current.hash, revision: live.current.revision }
        : { isGood: false, problems: toLines(result) };
    },
    explain: query => explainRequest(live.current, query, route => parts.holds.of(route)),
    moveStage: change => parts.moves.move(change, live),
    holds: parts.holds,
    store: parts.store,
    evidence: parts.evidence,
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
