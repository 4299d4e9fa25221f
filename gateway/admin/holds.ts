import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Hold, HoldStore, Ramp } from '../routing/route.ts';
import type { HoldChange } from './hold-change.ts';
import { createHoldKeeper } from './hold-keeper.ts';
import { createStamps } from './hold-stamps.ts';

/** The longest that a Node timer can wait; later ends are looked at again then. */
const longestWait = 2 ** 31 - 1;

/**
 * How long what another gateway told counts although the shared store does not say so, milliseconds: that gateway may
 * not reach it, and tells again with each try.
 */
const believedFor = 25_000;

/** Who released what a shared store does not hold any more: it does not say. */
const elsewhere = 'another gateway';

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
  /** Reads a store that several gateways share again: what others did counts, unless it is newer here. Never rejects. */
  sync(): Promise<void>;
  /** What another gateway told: counts at once if it is newer than what is known, and is kept here too. */
  take(change: HoldChange): void;
  /** All that is known, for a gateway that asks. */
  changes(): readonly HoldChange[];
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
  /** Several gateways stand on this store: what one of them wrote the others read. Default false. */
  readonly isStoreShared?: boolean;
  /** Tells other gateways of an order that was given here. */
  announce?(change: HoldChange): void;
  /** Hears of every change in memory, also of one that is no news for people. */
  changed?(route: string): void;
  /** Settled once what has changed counts in every process of this gateway; an order waits for it. Never rejects. */
  reached?(): Promise<void>;
}

export function createHolds({
  store,
  clock,
  events,
  isStoreShared = false,
  announce = () => {},
  changed = () => {},
  reached = async () => {},
}: HoldsDeps): Holds {
  const held = new Map<string, Hold>();
  const stamps = createStamps();
  /** Monotonic: until then a reading of the shared store does not count for the route. */
  const sureUntil = new Map<string, number>();
  let alarmAt = Number.POSITIVE_INFINITY;
  let cancelAlarm = () => {};

  const keeper = createHoldKeeper({
    store,
    clock,
    events,
    of: route => held.get(route),
    reload: load,
    // The others believe it for a while only, as long as the store they share does not say so.
    offered: route => announce(changeOf(route)),
    saved: route => beSure(route, clock.now()),
  });

  /** In memory alone. */
  function put(hold: Hold): void {
    held.set(hold.route, hold);
    changed(hold.route);
    setAlarm(nextChange(hold));
  }

  function remove({ route }: Hold, by: string, reason: string): void {
    held.delete(route);
    changed(route);
    events.emit({ type: 'route-released', route, by, reason });
  }

  function set(hold: Hold): Promise<void> {
    put(hold);
    return keeper.save(hold.route);
  }

  function drop(hold: Hold, by: string, reason: string): Promise<void> {
    remove(hold, by, reason);
    return keeper.save(hold.route, hold);
  }

  function beSure(route: string, until: number): void {
    if (isStoreShared) sureUntil.set(route, until);
  }

  /** One timer, for the hold that changes next; a hold that went leaves its alarm to ring in vain. */
  function setAlarm(at: number): void {
    if (at >= alarmAt) return;
    alarmAt = at;
    cancelAlarm();
    cancelAlarm = clock.after(Math.min(Math.max(0, at - clock.wall()), longestWait), advance);
  }

  /** Every gateway does so by itself: nothing is announced. */
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
    const kept = await keeper.read();
    if (kept === undefined) return;
    for (const hold of kept) {
      if (held.has(hold.route) || keeper.isUnsaved(hold.route)) continue;
      held.set(hold.route, hold);
      changed(hold.route);
      events.emit({ ...hold, type: 'route-held' });
    }
    advance();
  }

  async function sync(): Promise<void> {
    const began = clock.now();
    const kept = await keeper.read();
    if (kept === undefined) return;
    const isSure = (route: string) =>
      keeper.isUnsaved(route) || (sureUntil.get(route) ?? Number.NEGATIVE_INFINITY) >= began;
    const rows = new Map(kept.map(hold => [hold.route, hold]));
    for (const hold of kept) if (!isSure(hold.route)) adopt(hold);
    for (const hold of [...held.values()])
      if (!rows.has(hold.route) && !isSure(hold.route)) {
        const { by, reason } = mark(hold.route, elsewhere, 'released there');
        remove(hold, by, reason);
      }
    // What the store says too is believed no longer than the store says it.
    for (const [route, until] of sureUntil)
      if (until < began || isSame(rows.get(route), held.get(route))) sureUntil.delete(route);
  }

  /** Takes over what another gateway holds; told of only where that is news for people. */
  function adopt(hold: Hold): void {
    const known = held.get(hold.route);
    put(hold);
    if (known?.since !== hold.since || known.by !== hold.by) events.emit({ ...hold, type: 'route-held' });
  }

  /** Later than the hold that it is about too, which a gateway with another clock may have set. */
  const mark = (route: string, by: string, reason: string) =>
    stamps.mark(route, Math.max(clock.wall(), (held.get(route)?.since ?? 0) + 1), { by, reason });

  function changeOf(route: string): HoldChange {
    const hold = held.get(route);
    const {
      at = hold?.since ?? 0,
      by = hold?.by ?? '',
      reason = hold?.reason ?? '',
    } = stamps.of(route) ?? {};
    return { route, at, hold, by, reason };
  }

  return {
    of: route => held.get(route),
    get isEmpty() {
      return held.size === 0;
    },
    list: () => [...held.values()],
    get unsaved() {
      return keeper.unsaved;
    },
    load,
    sync,
    take({ route, at, hold, by, reason }) {
      const known = held.get(route);
      const newest = stamps.of(route)?.at ?? known?.since ?? Number.NEGATIVE_INFINITY;
      if (at === newest) beSure(route, clock.now() + believedFor);
      if (at <= newest) return;
      stamps.set(route, { at, by, reason });
      const isOver = hold?.until !== undefined && hold.until <= clock.wall();
      if (hold !== undefined && !isOver) adopt({ ...hold, until: hold.until });
      else if (known !== undefined) remove(known, by, reason);
      beSure(route, clock.now() + believedFor);
      if (!isStoreShared) void keeper.save(route, known);
    },
    changes: () => [...new Set([...stamps.routes(), ...held.keys()])].map(changeOf),
    async hold({ route, by, reason, for: time }) {
      const { at } = mark(route, by, reason);
      const since = Math.max(clock.wall(), held.get(route)?.since ?? 0);
      const until = time === undefined ? undefined : clock.wall() + time;
      events.emit({ type: 'route-held', route, by, reason, until });
      const hold = { route, by, reason, since, until, released: 0 };
      const saved = set(hold);
      announce({ route, at, hold, by, reason });
      await Promise.all([saved, reached()]);
    },
    async release({ route, by, reason, ramp }) {
      const hold = held.get(route);
      if (hold === undefined) return false;
      const { at } = mark(route, by, reason);
      const saved =
        ramp === undefined
          ? drop(hold, by, reason)
          : step(hold, { ...ramp, by, reason, nextAt: clock.wall() });
      announce({ route, at, hold: held.get(route), by, reason });
      await Promise.all([saved, reached()]);
      return true;
    },
    close() {
      cancelAlarm();
      keeper.close();
    },
  };
}

const nextChange = ({ until, ramp }: Hold): number =>
  Math.min(until ?? Number.POSITIVE_INFINITY, ramp?.nextAt ?? Number.POSITIVE_INFINITY);

const isSame = (one: Hold | undefined, other: Hold | undefined): boolean =>
  one?.since === other?.since &&
  one?.released === other?.released &&
  one?.ramp?.nextAt === other?.ramp?.nextAt;
