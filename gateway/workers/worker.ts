import { systemClock } from '../core/clock.ts';
import { createEvents, type Events } from '../core/events.ts';
import { shareMintingKey } from '../edge/auth/minting-key.ts';
import { createEdge } from '../edge/services.ts';
import { type Good, type Live, openLive, type ReloadResult } from '../live.ts';
import { fieldsOf } from '../onlookers.ts';
import { createAsk } from '../proxy/ask.ts';
import { openTransport } from '../proxy/transport.ts';
import { createUpstreams } from '../proxy/upstreams.ts';
import type { Hold } from '../routing/route.ts';
import { serveHere } from '../serving.ts';
import { createProcessMetrics } from '../telemetry/prometheus.ts';
import { createRecentRequests } from '../telemetry/recent-requests.ts';
import { createAccessLog } from '../telemetry/telemetry.ts';
import type { Channel } from './channel.ts';
import type { HitsClient } from './hits.ts';
import type { Answers, Question, RecordAsked, StartOrder } from './messages.ts';
import { createOwnRecordings } from './own-recordings.ts';
import { createTelling } from './telling.ts';

/**
 * The edge of a gateway without its memory: it serves clients as a gateway of one process does, keeps nothing, and tells
 * what it has seen to the process that started it.
 */
export interface Worker {
  readonly events: Events;
  /** Serves from now on; the URL. */
  listen(): Promise<string>;
  /** Runs this config from now on. */
  run(next: Good): Promise<ReloadResult>;
  /** Takes over these holds. */
  hold(set: readonly Hold[], gone: readonly string[]): void;
  /** Whether what it compares cannot be kept. */
  noteStore(isAway: boolean): void;
  answer(question: Question): Promise<Answers[Question]>;
  record(asked: RecordAsked): void;
  endRecord(id: number): void;
  sayGoodbye(): void;
  /** Lets what is under way end, then tells all that it has and ends everything. */
  drain(ms: number): Promise<void>;
  /** Of the config that runs, milliseconds. */
  readonly drainTimeout: number;
}

export interface WorkerParts {
  readonly first: Good;
  readonly channel: Channel;
  readonly hits: HitsClient;
}

export async function openWorker(order: StartOrder, { first, channel, hits }: WorkerParts): Promise<Worker> {
  shareMintingKey(order.mintingKey);
  const clock = systemClock;
  const { share } = order;
  const events = createEvents();
  const holds = new Map(order.holds.map(hold => [hold.route, hold]));
  let live: Live | undefined;
  let next = first;
  let isStoreAway = false;
  const snapshot = () => live?.current;
  const upstreams = createUpstreams({ events, clock, openTransport, share });
  const ask = createAsk({ clock, upstream: name => live?.current.upstreams.get(name) });
  const edge = createEdge({ events, clock, ask, share, openCounts: hits.open });
  const current = () => live?.current.config ?? first.config;
  const telling = createTelling({
    ...{ events, clock, snapshot },
    send: items => channel.send({ kind: 'told', items }),
    sendUntold: items => channel.send({ kind: 'untold', items }),
    isBehind: () => channel.isBehind,
  });
  const access = createAccessLog({
    ...{ events, clock, isHuman: order.isHuman },
    log: () => current().log,
    revision: () => live?.current.revision ?? '',
    write: lines => channel.send({ kind: 'lines', lines, count: countLines(lines) }),
    backlog: () => channel.backlog,
  });
  const recent = createRecentRequests({
    ...{ events, clock, key: order.recentKey },
    fields: () => fieldsOf(snapshot()),
  });
  const processes = createProcessMetrics();
  const serving = serveHere({
    ...{ clock, events, snapshot, share, shapeKey: order.shapeKey },
    first: { ...first.config, listen: order.listen },
    holds: { of: route => holds.get(route) },
    isStoreAway: () => isStoreAway,
    count: telling.ended,
  });
  const recordings = createOwnRecordings(serving.recording, channel);
  const running = await openLive({
    ...{ events, upstreams, edge, first, wall: clock.wall },
    load: async () => next,
    store: { keepLastGood: async () => {} },
    onSwap: (snapshot, _, loaded) => serving.renew(snapshot, loaded),
    onRead: () => {},
  });
  live = running;
  await edge.ready();

  const answers: { readonly [Q in Question]: () => Answers[Q] | Promise<Answers[Q]> } = {
    report() {
      telling.flush();
      access.flush();
      recordings.tell();
      return {
        upstreams: upstreams.status(),
        limits: edge.limits(),
        keySets: edge.keySets(),
        comparing: serving.comparing(),
        dropped: access.dropped,
      };
    },
    recent: recent.take,
    processes: processes.read,
  };

  return {
    events,
    listen: () => serving.listen(order.address),
    run(loaded) {
      next = loaded;
      return running.reload();
    },
    hold(set, gone) {
      for (const hold of set) holds.set(hold.route, hold);
      for (const route of gone) holds.delete(route);
    },
    noteStore(isAway) {
      isStoreAway = isAway;
    },
    answer: async question => answers[question](),
    record: recordings.open,
    endRecord: recordings.end,
    sayGoodbye: serving.sayGoodbye,
    async drain(ms) {
      await serving.drain(ms);
      await serving.close();
      await upstreams.close();
      await edge.close();
      recent.close();
      processes.close();
      telling.close();
      access.close();
    },
    get drainTimeout() {
      return running.current.config.drain.timeout;
    },
  };
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
