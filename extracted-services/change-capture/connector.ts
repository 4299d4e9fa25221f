import type { Clock } from '../chassis/clock.ts';
import type { Bus } from '../chassis/events/bus.ts';
import type { LegacyEntity, LegacyFeed } from '../chassis/legacy/feed.ts';
import type { Log } from '../chassis/log.ts';
import type { Metrics } from '../chassis/metrics.ts';
import type { Place, PlaceKeeper } from './place.ts';
import { changeToEvent, rowToEvent } from './to-event.ts';

export interface ConnectorOptions {
  readonly legacy: LegacyFeed;
  readonly bus: Bus;
  readonly keeper: PlaceKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds that the monolith is asked to wait for a change; default 10,000. */
  readonly wait?: number;
}

export interface Connector {
  /** Whether the last look at the monolith and the last event went well. */
  isHealthy(): boolean;
  /** Ends after the event under way. */
  close(): Promise<void>;
}

const limits = { changes: 100, rows: 200, firstPause: 200, longestPause: 30_000 };
const order: readonly LegacyEntity[] = ['users', 'products', 'orders'];

/**
 * Publishes the monolith's changes in their order, and keeps its place after each page: at least once. If the log was
 * pruned beyond its place, it publishes every row as it is, and goes on from there: nothing is lost in silence.
 */
export function createConnector(options: ConnectorOptions): Connector {
  const { legacy, keeper, clock, log, metrics } = options;
  let [isClosed, failures, lag] = [false, 0, 0];
  let endPause = (): void => {};
  metrics.gauge('change_capture_lag_changes', {}, () => lag);

  const pause = (ms: number): Promise<void> =>
    new Promise(resolve => {
      const cancel = clock.after(ms, resolve);
      endPause = () => {
        cancel();
        resolve();
      };
    });

  async function run(): Promise<void> {
    let place: Place | undefined;
    while (!isClosed) {
      try {
        place ??= await keeper.load();
        const next = await (place.kind === 'log' ? followLog(place, options) : readRows(place, options));
        await keeper.save(next.place);
        place = next.place;
        lag = next.lag;
        failures = 0;
      } catch (error) {
        if (isClosed) return;
        failures += 1;
        log('warn', `change capture: ${String(error)}`, { failures });
        await pause(Math.min(limits.longestPause, limits.firstPause * 2 ** (failures - 1)));
      }
    }
  }
  const running = run();
  return {
    isHealthy: () => failures === 0,
    async close() {
      isClosed = true;
      endPause();
      // Whoever waits for a change stops waiting.
      legacy.close();
      await running;
    },
  };
}

interface Next {
  readonly place: Place;
  /** Changes that are still to be published. */
  readonly lag: number;
}

async function followLog({ after }: { readonly after: number }, options: ConnectorOptions): Promise<Next> {
  const { legacy, bus, log, metrics, wait = 10_000 } = options;
  const page = await legacy.changes(after, { limit: limits.changes, wait });
  if (page.kind === 'pruned') {
    log('warn', 'the log was pruned, every row is published anew', {
      after,
      first: page.first,
      last: page.last,
    });
    return { place: { kind: 'snapshot', entity: 'users', after: 0, onward: page.last }, lag: page.last };
  }
  for (const change of page.changes) {
    await bus.publish(changeToEvent(change));
    metrics.count('change_capture_events_total', { entity: change.entity });
  }
  const reached = page.changes.at(-1)?.id ?? after;
  return { place: { kind: 'log', after: reached }, lag: page.last - reached };
}

async function readRows(
  place: Place & { readonly kind: 'snapshot' },
  options: ConnectorOptions,
): Promise<Next> {
  const { legacy, bus, clock, metrics } = options;
  const { entity, after, onward } = place;
  const page = await legacy.rows(entity, after, limits.rows);
  const time = new Date(clock.wall()).toISOString();
  for (const row of page.rows) {
    await bus.publish(rowToEvent(entity, row, { last: page.last, time }));
    metrics.count('change_capture_events_total', { entity });
  }
  const lag = page.last - onward;
  const last = page.rows.at(-1);
  if (last) return { place: { ...place, after: last.key }, lag };
  const next = order[order.indexOf(entity) + 1];
  return { place: next ? { ...place, entity: next, after: 0 } : { kind: 'log', after: onward }, lag };
}
