import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Hold, HoldStore, Ramp } from '../routing/route.ts';

/** Wait before a hold that the store did not take is offered again. */
const retryAfter = 10_000;

/** The longest that a Node timer can wait; later ends are looked at again then. */
const longestWait = 2 ** 31 - 1;

/** The runtime brakes: held in memory, kept in the store so that they survive a restart. */
export interface Holds {
  /** Asked for every request: one look at a map. */
  of(route: string): Hold | undefined;
  /** True while nothing at all is held. */
  readonly isEmpty: boolean;
  list(): readonly Hold[];
  /** Work that the store has not taken yet; above 0 a restart would forget it. */
  readonly unsaved: number;
  /** Reads the store; holds set since then win. Where the store is away it tries again until it is there. */
  load(): Promise<void>;
  /** At once in memory; resolves when the store has it or refused it. Never rejects. */
  hold(order: HoldOrder): Promise<void>;
  /** False if the route is not held. */
  release(order: ReleaseOrder): Promise<boolean>;
  close(): void;
}

export interface HoldOrder {
  readonly route: string;
  readonly by: string;
  /** 1 to 500 characters. */
  readonly reason: string;
  /** Milliseconds until it releases itself; undefined: until somebody does. */
  readonly for?: number | undefined;
}

export interface ReleaseOrder {
  readonly route: string;
  readonly by: string;
  readonly reason: string;
  /** Shares of clients let go in steps, `[10, 50, 100]`, one each `every` milliseconds; undefined: all at once. */
  readonly ramp?: { readonly steps: readonly number[]; readonly every: number } | undefined;
}

export interface HoldsDeps {
  readonly store: HoldStore;
  readonly clock: Clock;
  readonly events: Events;
}

export function createHolds({ store, clock, events }: HoldsDeps): Holds {
  const held = new Map<string, Hold>();
  /** Routes whose hold in the store is not what is in memory. */
  const unsaved = new Set<string>();
  let isLoaded = true;
  let isFailing = false;
  /** The present failure was told of. */
  let isTold = false;
  let alarmAt = Number.POSITIVE_INFINITY;
  let cancelAlarm = () => {};
  let cancelRetry = () => {};

  function set(hold: Hold): Promise<void> {
    held.set(hold.route, hold);
    setAlarm(nextChange(hold));
    return save(hold.route);
  }

  function drop(hold: Hold, by: string, reason: string): Promise<void> {
    held.delete(hold.route);
    events.emit({ type: 'route-released', route: hold.route, by, reason });
    return save(hold.route);
  }

  async function save(route: string): Promise<void> {
    unsaved.add(route);
    const hold = held.get(route);
    try {
      await (hold === undefined ? store.release(route) : store.hold(hold));
    } catch (error) {
      fail(hold === undefined ? `release of ${route}` : `hold on ${route}`, error);
      return;
    }
    // Changed again while the store wrote: the later save settles it.
    if (held.get(route) === hold && unsaved.delete(route)) restore();
  }

  function fail(task: string, error: unknown): void {
    // The rest of what fails until the next try has the same reason, and is counted in `unsaved`.
    if (!isTold) {
      const reason = error instanceof Error ? error.message : String(error);
      events.emit({ type: 'store-failed', task, reason });
    }
    isFailing = true;
    isTold = true;
    cancelRetry();
    cancelRetry = clock.after(retryAfter, () => void retry());
  }

  function restore(): void {
    if (isFailing && isLoaded && unsaved.size === 0) {
      isFailing = false;
      isTold = false;
      events.emit({ type: 'store-restored' });
    }
  }

  async function retry(): Promise<void> {
    isTold = false;
    if (!isLoaded) await load();
    await Promise.all([...unsaved].map(save));
  }

  /** One timer, for the hold that changes next; a hold that went leaves its alarm to ring in vain. */
  function setAlarm(at: number): void {
    if (at >= alarmAt) return;
    alarmAt = at;
    cancelAlarm();
    cancelAlarm = clock.after(Math.min(Math.max(0, at - clock.wall()), longestWait), advance);
  }

  function advance(): void {
    const now = clock.wall();
    alarmAt = Number.POSITIVE_INFINITY;
    for (const hold of held.values()) {
      if (hold.until !== undefined && hold.until <= now) void drop(hold, hold.by, 'its time was up');
      else if (hold.ramp !== undefined && hold.ramp.nextAt <= now) void step(hold, hold.ramp);
      else setAlarm(nextChange(hold));
    }
  }

  function step(hold: Hold, { steps, ...ramp }: Ramp): Promise<void> {
    const [released = 100, ...rest] = steps;
    if (released >= 100) return drop(hold, ramp.by, ramp.reason);
    return set({ ...hold, released, ramp: { ...ramp, steps: rest, nextAt: clock.wall() + ramp.every } });
  }

  async function load(): Promise<void> {
    isLoaded = false;
    try {
      for (const hold of await store.holds()) {
        if (held.has(hold.route) || unsaved.has(hold.route)) continue;
        held.set(hold.route, hold);
        events.emit({ ...hold, type: 'route-held' });
      }
      isLoaded = true;
    } catch (error) {
      return fail('read of the holds', error);
    }
    restore();
    advance();
  }

  return {
    of: route => held.get(route),
    get isEmpty() {
      return held.size === 0;
    },
    list: () => [...held.values()],
    get unsaved() {
      return unsaved.size;
    },
    load,
    async hold({ route, by, reason, for: time }) {
      const since = clock.wall();
      const until = time === undefined ? undefined : since + time;
      events.emit({ type: 'route-held', route, by, reason, until });
      await set({ route, by, reason, since, until, released: 0 });
    },
    async release({ route, by, reason, ramp }) {
      const hold = held.get(route);
      if (hold === undefined) return false;
      if (ramp === undefined) await drop(hold, by, reason);
      else await step(hold, { ...ramp, by, reason, nextAt: clock.wall() });
      return true;
    },
    close() {
      cancelAlarm();
      cancelRetry();
    },
  };
}

const nextChange = ({ until, ramp }: Hold): number =>
  Math.min(until ?? Number.POSITIVE_INFINITY, ramp?.nextAt ?? Number.POSITIVE_INFINITY);
