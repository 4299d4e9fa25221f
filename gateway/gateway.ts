/** The composition root: the only file that knows all rooms. */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdminApp } from './admin/app.ts';
import { createHoldSharing, type HoldSharing } from './admin/hold-sharing.ts';
import { createHolds } from './admin/holds.ts';
import { createTrips } from './admin/trips.ts';
import { adminDeps } from './admin-deps.ts';
import { createCounting } from './compare/counting.ts';
import { createEvidence } from './compare/epochs.ts';
import { watchFiles } from './config/watch.ts';
import { systemClock } from './core/clock.ts';
import { createEvents } from './core/events.ts';
import { openRedisChannel } from './edge/limit/redis.ts';
import { createEdge } from './edge/services.ts';
import { loadFirst } from './first-config.ts';
import { createGates } from './gate-source.ts';
import { type Live, openLive, type ReloadResult } from './live.ts';
import { createLoader } from './load-apart.ts';
import { createMoves } from './moves.ts';
import { createOnlookers } from './onlookers.ts';
import { createAsk } from './proxy/ask.ts';
import { openTransport } from './proxy/transport.ts';
import { createUpstreams } from './proxy/upstreams.ts';
import type { Config } from './schema.ts';
import { countWorkers, gatherFirst, seenOf } from './seen.ts';
import { listen } from './server.ts';
import { type OpenWorkers, type Serving, serveHere, type Workers } from './serving.ts';
import { openStore } from './store/open.ts';
import { createLeftoverKeeper } from './telemetry/leftovers.ts';
import { createTelemetry } from './telemetry/telemetry.ts';

export { ConfigRefused } from './first-config.ts';

export interface GatewayOptions {
  /** The routes file. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Run the last good config if the file is refused at start. */
  readonly lastGood?: boolean;
  /** Gets log lines and access records, without the line break. */
  readonly stdout: (line: string) => void;
  /** Bytes that `stdout` has taken and not passed on yet. */
  readonly backlog?: () => number;
  /** Readable lines for a terminal instead of JSON. */
  readonly isHuman: boolean;
  /** Opens the processes that serve clients; undefined: this one does. */
  readonly openWorkers?: OpenWorkers | undefined;
}

export interface Gateway {
  /** Where clients are served: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminUrl: string;
  reload(): Promise<ReloadResult>;
  /** Logs what nobody caught. */
  crash(error: unknown): void;
  /** Drains and ends everything; calls after the first wait for it. */
  close(reason?: string): Promise<void>;
}

const nothingYet = { shadowings: [], tripwires: new Map() };

/**
 * Loads the file, starts both ports and watches. Rejects with `ConfigRefused` for a file with errors, and with node's
 * error if a port cannot be bound.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { file, env } = options;
  const clock = systemClock;
  const events = createEvents();
  const first = await loadFirst(options);
  const store = await openStore(first.config.store);
  const upstreams = createUpstreams({
    ...{ events, clock, openTransport },
    isIdle: options.openWorkers !== undefined,
  });
  const isStoreShared = store.status().kind === 'postgres';
  let sharing: HoldSharing | undefined;
  let workers: Workers | undefined;
  const holds = createHolds({
    ...{ store, clock, events, isStoreShared },
    announce: change => sharing?.announce(change),
    changed: route => workers?.holdChanged(route),
    reached: async () => workers?.reached(),
  });
  const evidence = createEvidence();
  const trips = createTrips({ store, events, wall: clock.wall });
  const leftovers = createLeftoverKeeper({ store, events, clock });
  const gates = createGates({ evidence, trips, holds, leftovers, wall: clock.wall });

  let live: Live | undefined;
  const snapshot = () => live?.current;
  const ask = createAsk({ clock, upstream: name => live?.current.upstreams.get(name) });
  const edge = createEdge({ events, clock, ask });
  const current = (): Config => live?.current.config ?? first.config;
  const counting = createCounting({
    ...{ clock, events, evidence, store, holds },
    settings: () => live?.current ?? nothingYet,
  });
  const isStoreAway = () => store.status().isAway;
  const parts = { clock, events, snapshot, holds, isStoreAway };
  workers = options.openWorkers?.({
    ...{ ...parts, first, counting, isHuman: options.isHuman },
    relay: (lines, lineCount) => telemetry.relay(lines, lineCount),
  });
  const serving: Serving = workers ?? serveHere({ ...parts, first: first.config, count: counting.count });
  const seen = seenOf({ upstreams, edge, workers });
  const telemetry = createTelemetry({
    events,
    log: () => current().log,
    revision: () => live?.current.revision ?? '',
    facts: () => ({
      routes: live?.current.routes ?? [],
      held: holds.list().map(hold => hold.route),
      upstreams: seen.upstreams(),
      limits: seen.limits(),
      comparing: { inFlight: serving.comparing(), ...counting.facts() },
      workers: workers && countWorkers(workers.list()),
    }),
    write: options.stdout,
    isHuman: options.isHuman,
    ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
    workers: workers?.telemetry,
  });
  const onlookers = createOnlookers({ events, clock, store, snapshot, recent: workers?.recent });
  const loader = createLoader(file, env, clock);
  const moves = createMoves({ store, events, loader, wall: clock.wall, gates });
  const watcher = watchFiles(first.files, () => void live?.reload());
  live = await openLive({
    events,
    upstreams,
    edge,
    store,
    wall: clock.wall,
    load: loader.load,
    first,
    onSwap: (next, previous, loaded) => {
      const names = new Set(next.routes.map(route => route.name));
      telemetry.tally.keep(name => names.has(name));
      trips.keep(name => names.has(name));
      leftovers.follow(next.routes);
      moves.recordEdits(previous, next);
      counting.renew(next);
      sharing?.follow(next.config.redis ?? '');
      return serving.renew(next, loaded);
    },
    onRead: files => watcher.watch(files),
  });
  leftovers.follow(live.current.routes);
  await Promise.all([holds.load(), trips.load(), edge.ready(), counting.load(), onlookers.load()]);
  const shared = createHoldSharing({
    ...{ holds, isStoreShared, clock, events },
    open: (redis, listener) => openRedisChannel(redis, 'figway:hold', listener),
  });
  sharing = shared;
  shared.follow(current().redis ?? '');

  const running = live;
  let draining: string | undefined;
  const app = createAdminApp(
    adminDeps({
      ...options,
      started: first.config,
      live,
      holds,
      sharing: shared,
      store,
      evidence,
      recording: serving.recording,
      seen,
      telemetry,
      moves,
      onlookers,
      gates,
      events,
      clock,
      draining: () => draining,
    }),
  );
  const admin = createServer(workers === undefined ? app : gatherFirst(app, workers));

  const closeAll = async (): Promise<void> => {
    watcher.close();
    loader.close();
    await serving.close();
    counting.close();
    await upstreams.close();
    await edge.close();
    shared.close();
    holds.close();
    telemetry.close();
    trips.close();
    leftovers.close();
    admin.closeAllConnections();
    await new Promise(resolve => admin.close(resolve));
    await onlookers.close();
    await store.close();
  };

  const drain = async (reason: string): Promise<void> => {
    draining = reason;
    events.emit({ type: 'drain-began', detail: reason });
    serving.sayGoodbye();
    const { delay, timeout } = current().drain;
    if (delay > 0) await sleep(delay);
    await serving.drain(timeout);
    await Promise.all([counting.save(), leftovers.save()]);
    events.emit({ type: 'drain-ended', detail: reason });
    await closeAll();
  };

  try {
    const url = await serving.listen(env.FIGWAY_LISTEN || first.config.listen.gateway);
    const adminUrl = await listen(admin, first.config.admin.listen);
    let closed: Promise<void> | undefined;
    return {
      url,
      adminUrl,
      reload: running.reload,
      crash: error => events.emit({ type: 'crashed', error }),
      close: (reason = 'closed') => (closed ??= drain(reason)),
    };
  } catch (error) {
    await serving.drain(0);
    await closeAll();
    throw error;
  }
}
