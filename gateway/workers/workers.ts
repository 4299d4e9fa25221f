import cluster from 'node:cluster';
import { extname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeShapeKey } from '../compare/thread.ts';
import { ownMintingKey } from '../edge/auth/minting-key.ts';
import type { Config } from '../schema.ts';
import { longestFlush, type Workers, type WorkersParts } from '../serving.ts';
import { makeRecentKey, type Recent } from '../telemetry/recent-requests.ts';
import { createSharedHits } from './hits.ts';
import { mergeKeySets, mergeLimits, mergeUpstreams } from './merge-reports.ts';
import type { FromWorker, Report, ToWorker } from './messages.ts';
import { createRecordings } from './recordings.ts';
import { createRetelling } from './retelling.ts';
import { createSlot, type Slot } from './slot.ts';

/** Milliseconds that a worker has to take over what it was told; one that does not is replaced. */
const takeOver = 10_000;
/** Milliseconds that the admin port waits for what workers have seen. */
const patience = 1000;
/** Milliseconds beyond what a drain may take, before a worker is ended. */
const grace = 3000;

/**
 * Starts processes that serve clients, on one port. This process hands them the connections, each in its turn, and keeps
 * all that a gateway knows: the store, the config, holds, limits, evidence, counts and the admin port.
 */
export function createWorkers(count: number, parts: WorkersParts): Workers {
  const { clock, events, holds, isStoreAway } = parts;
  const retell = createRetelling(parts);
  const hits = createSharedHits(clock);
  const recordings = createRecordings(clock, message => tellAll(message));
  const recentKey = makeRecentKey();
  const shapeKey = makeShapeKey();
  let latest = parts.first;
  let address = '';
  let changed = new Set<string>();
  let reaching: Promise<void> | undefined;
  const started = Promise.withResolvers<string>();

  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    // The package is JavaScript, the checkout TypeScript.
    exec: fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url)),
    args: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });

  const boot = (slot: Slot): void => {
    const { worker } = slot.status;
    const secrets = { recentKey, shapeKey, mintingKey: ownMintingKey() };
    const listen = listenOf(parts.first.config, latest.config);
    const order = { worker, share: 1 / count, address, listen, isHuman: parts.isHuman, holds: holds.list() };
    slot.send({ kind: 'start', order: { ...order, ...secrets } });
    void slot.sendConfig(latest);
    for (const asked of recordings.asked()) slot.send({ kind: 'record', asked });
  };

  const heard = (slot: Slot, message: FromWorker): void => {
    switch (message.kind) {
      case 'told':
        retell(message.items);
        break;
      case 'lines':
        parts.relay(message.lines, message.count);
        break;
      case 'hits':
        slot.send({ kind: 'counted', id: message.id, answer: hits.add(message.keys, message.args) });
        break;
      case 'recorded':
      case 'left-out':
        recordings.heard(message);
        break;
      case 'untold':
        events.emit({ type: 'worker-silent', worker: slot.status.worker, untold: message.items });
        break;
    }
  };

  const slots: readonly Slot[] = Array.from({ length: count }, (_, at): Slot => {
    const slot = createSlot({
      ...{ worker: at + 1, clock, events, isStoreAway, boot },
      heard: message => heard(slot, message),
      ready(url) {
        if (slots.every(({ status }) => status.state === 'serving')) started.resolve(url);
      },
      failed: started.reject,
    });
    return slot;
  });

  const tellAll = (message: ToWorker): void => {
    for (const slot of slots) if (slot.isTold) slot.send(message);
  };
  const serving = () => slots.filter(({ status }) => status.state === 'serving');
  const reports = (): Report[] => serving().flatMap(({ report }) => report ?? []);

  const flushHolds = (): void => {
    if (changed.size === 0) return;
    const routes = [...changed];
    changed = new Set();
    const set = routes.flatMap(route => holds.of(route) ?? []);
    tellAll({ kind: 'holds', set, gone: routes.filter(route => holds.of(route) === undefined) });
  };

  /** One question for all who ask in the same turn: `hold --all` may be about thousands of routes. */
  const reached = (): Promise<void> => {
    reaching ??= nextTurn().then(async () => {
      reaching = undefined;
      flushHolds();
      await Promise.all(
        serving().map(async slot => {
          if ((await slot.ask('report', takeOver)) === undefined && slot.status.state === 'serving')
            slot.replace(`it did not take over what changed within ${takeOver} ms`);
        }),
      );
    });
    return reaching;
  };

  const ofAll = async <Answer>(ask: (slot: Slot) => Promise<Answer | undefined>): Promise<Answer[]> =>
    (await Promise.all(serving().map(ask))).flatMap(answer => (answer === undefined ? [] : [answer]));

  return {
    async listen(at) {
      address = at;
      for (const slot of slots) slot.start();
      return started.promise.catch(error => {
        throw asListenError(error, at);
      });
    },
    async renew(_, loaded) {
      latest = loaded;
      await Promise.all(slots.filter(({ isTold }) => isTold).map(slot => slot.sendConfig(loaded)));
      await reached();
    },
    holdChanged(route) {
      if (changed.size === 0) void nextTurn().then(flushHolds);
      changed.add(route);
    },
    reached,
    async gather() {
      await ofAll(slot => slot.ask('report', patience));
    },
    list: () => slots.map(({ status }) => status),
    upstreams: () => mergeUpstreams(reports()),
    limits: own => mergeLimits(own, reports()),
    keySets: own => mergeKeySets(own, reports()),
    comparing: () => reports().reduce((sum, { comparing }) => sum + comparing, 0),
    recording: recordings,
    recent: {
      close: () => {},
      async take() {
        const all: readonly Recent[] = await ofAll(slot => slot.ask('recent', takeOver));
        return {
          since: Math.min(clock.wall(), ...all.map(({ since }) => since)),
          key: recentKey,
          parts: all.flatMap(one => one.parts),
        };
      },
    },
    telemetry: {
      processes: () => ofAll(slot => slot.ask('processes', patience)),
      droppedLines: () => reports().reduce((sum, report) => sum + report.dropped, 0),
    },
    sayGoodbye: () => tellAll({ kind: 'goodbye' }),
    async drain(ms) {
      tellAll({ kind: 'drain', ms });
      await Promise.all(slots.map(slot => slot.end(ms + Math.min(ms, longestFlush) + grace)));
    },
    async close() {
      recordings.close();
      await Promise.all(slots.map(slot => slot.end(0)));
    },
  };
}

/** Workers are handed their connections, so a port that is taken shows as one that cannot be bound. */
function asListenError(error: unknown, address: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const { hostname, port } = new URL(`http://${address.startsWith(':') ? `0.0.0.0${address}` : address}`);
  return Object.assign(new Error(message), { code, syscall: 'listen', address: hostname, port });
}

/** What is settled when the gateway starts is so for a worker that starts later; certificates are renewed meanwhile. */
const listenOf = ({ listen: started }: Config, { listen: now }: Config): Config['listen'] =>
  started.tls === undefined ? { ...started, tls: undefined } : { ...started, tls: now.tls ?? started.tls };
