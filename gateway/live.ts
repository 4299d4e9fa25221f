import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatProblem } from './config/format.ts';
import type { LastGoodStore } from './config/last-good.ts';
import type { Loaded } from './config/load.ts';
import type { Problem } from './config/problem.ts';
import type { Events } from './core/events.ts';
import { createClients } from './edge/client.ts';
import type { Edge } from './edge/services.ts';
import type { Upstreams } from './proxy/upstreams.ts';
import type { Config } from './schema.ts';
import { compileSnapshot, type Snapshot } from './snapshot.ts';

/** The snapshot that runs, and how it is replaced: load → compile → swap → retire the old; else last good. */
export interface Live {
  readonly current: Snapshot;
  readonly lastReload: ReloadResult;
  /** The text of what runs, the main file first. */
  readonly sources: ReloadResult['sources'];
  /** One at a time; a call during a reload waits for the next one. Never rejects. */
  reload(): Promise<ReloadResult>;
}

/** How the newest attempt to load the file ended. `warnings` and errors together are `problems`. */
export interface ReloadResult {
  readonly isGood: boolean;
  /** The file says what runs already. */
  readonly isUnchanged: boolean;
  readonly at: number;
  readonly hash: string;
  readonly problems: readonly Problem[];
  /** Source text by file, to show problems in. */
  readonly sources: readonly { readonly file: string; readonly text: string }[];
}

export interface LiveParts {
  readonly events: Events;
  readonly upstreams: Upstreams;
  readonly edge: Edge;
  readonly store: Pick<LastGoodStore, 'keepLastGood'>;
  readonly wall: () => number;
  /** Loads the file without stalling the event loop. */
  readonly load: () => Promise<Loaded<Config>>;
  /** What the gateway starts with. */
  readonly first: Good;
  /** Hears of every swap, and what the next one was compiled from. A reload waits for it. */
  readonly onSwap: (next: Snapshot, previous: Snapshot, loaded: Good) => void | Promise<void>;
  /** Hears which files the newest reading named, also of a refused one. */
  readonly onRead: (files: readonly string[]) => void;
}

/** A config without errors, with what it was read from. */
export interface Good extends Loaded<Config> {
  readonly config: Config;
}

export async function openLive(parts: LiveParts): Promise<Live> {
  const { events, upstreams, edge, first } = parts;

  const compile = (loaded: Good): Generator<void, Snapshot> =>
    compileSnapshot({
      config: loaded.config,
      hash: loaded.hash,
      loadedAt: parts.wall(),
      warnings: loaded.problems.length,
      clients: createClients(loaded.config.trust, peer => events.emit({ type: 'untrusted-forwarded', peer })),
      upstreams: upstreams.apply(loaded.config.upstreams, loaded.config.monolith),
      services: edge.apply(loaded.config),
    });

  const announce = (snapshot: Snapshot, ms: number): void => {
    events.emit({
      type: 'config-loaded',
      revision: snapshot.revision,
      hash: snapshot.hash,
      routes: snapshot.routes.length - 1,
      warnings: snapshot.warnings,
      ms,
    });
  };

  const resultOf = (loaded: Loaded<Config>, isUnchanged = false): ReloadResult => ({
    isGood: errorsOf(loaded).length === 0,
    isUnchanged,
    at: parts.wall(),
    hash: loaded.hash,
    problems: loaded.problems,
    sources: loaded.sources,
  });

  /** Last good runs on. */
  const refuse = (loaded: Loaded<Config>): ReloadResult => {
    const problems = errorsOf(loaded).map(problem => ({
      line: formatProblem(problem, undefined, false),
      code: problem.code,
    }));
    events.emit({ type: 'config-refused', hash: loaded.hash, problems });
    return resultOf(loaded);
  };

  const keep = (loaded: Loaded<Config>): void => {
    parts.store
      .keepLastGood({
        at: parts.wall(),
        hash: loaded.hash,
        main: loaded.sources[0]?.file ?? '',
        files: loaded.sources,
      })
      .catch((error: unknown) =>
        events.emit({ type: 'store-failed', task: 'keep the last good config', reason: String(error) }),
      );
  };

  const swap = async (loaded: Good): Promise<ReloadResult> => {
    const began = performance.now();
    const previous = current;
    try {
      current = await runSliced(compile(loaded));
    } catch (error) {
      upstreams.retire(previous.upstreams);
      edge.retire(previous.services);
      return refuse({ ...loaded, problems: [...loaded.problems, toProblem(loaded, error)] });
    }
    ({ fingerprint, sources } = loaded);
    const reached = parts.onSwap(current, previous, loaded);
    if (reached !== undefined) await reached;
    upstreams.retire(current.upstreams);
    edge.retire(current.services);
    keep(loaded);
    announce(current, performance.now() - began);
    return resultOf(loaded);
  };

  const reloadOnce = async (): Promise<ReloadResult> => {
    const loaded = await parts.load();
    parts.onRead(loaded.files);
    const { config } = loaded;
    if (config === undefined) return refuse(loaded);
    if (loaded.fingerprint !== fingerprint) return swap({ ...loaded, config });
    if (!lastReload.isGood) announce(current, 0);
    return resultOf(loaded, true);
  };

  let current = runWhole(compile(first));
  /** Of what runs, secrets included. */
  let { fingerprint, sources } = first;
  announce(current, 0);
  let lastReload = errorsOf(first).length === 0 ? resultOf(first) : refuse(first);
  if (lastReload.isGood) keep(first);

  let running: Promise<ReloadResult> | undefined;
  let queued: Promise<ReloadResult> | undefined;
  const reload = (): Promise<ReloadResult> => {
    if (running !== undefined) {
      queued ??= running.then(() => {
        queued = undefined;
        return reload();
      });
      return queued;
    }
    running = reloadOnce().then(result => {
      lastReload = result;
      running = undefined;
      return result;
    });
    return running;
  };

  return {
    get current() {
      return current;
    },
    get lastReload() {
      return lastReload;
    },
    get sources() {
      return sources;
    },
    reload,
  };
}

const errorsOf = (loaded: Loaded<Config>): Problem[] =>
  loaded.problems.filter(problem => problem.severity === 'error');

/** What the checks could not foresee, such as a certificate that cannot be read. */
const toProblem = (loaded: Loaded<Config>, error: unknown): Problem => ({
  file: loaded.sources[0]?.file ?? '',
  line: 1,
  column: 1,
  severity: 'error',
  code: 'compile-failed',
  path: [],
  message: error instanceof Error ? error.message : String(error),
});

/** Lets requests through between slices. */
async function runSliced<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}

/** Nobody is served yet. */
function runWhole<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
