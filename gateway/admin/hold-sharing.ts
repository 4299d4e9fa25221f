import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import { changesAtOnce, type HoldChange, parseMessage, toText } from './hold-change.ts';
import type { Holds } from './holds.ts';

/** How often a store that several gateways share is read again, milliseconds. */
export const pollEvery = 3000;

/** How one gateway's holds reach the others. */
export interface HoldSharing {
  /** Nobody waits; where Redis is away it is not told. */
  announce(change: HoldChange): void;
  /** Uses this Redis from now on. @param redis its address; empty: none. */
  follow(redis: string): void;
  status(): HoldSharingStatus;
  close(): void;
}

export interface HoldSharingStatus {
  /** `none`: the config names none. */
  readonly redis: 'none' | 'up' | 'away';
  /** Why it is away; empty while it is not. No credentials. */
  readonly detail: string;
  /** Several gateways stand on one store, which is read every 3 s. */
  readonly isStoreShared: boolean;
}

/** A way to all gateways with the same Redis. */
export interface Channel {
  send(text: string): void;
  close(): void;
}

export interface ChannelListener {
  /** What others send is heard from now on. */
  ready(): void;
  /** Called for each attempt that fails. */
  lost(reason: string): void;
  heard(text: string): void;
}

export interface HoldSharingDeps {
  readonly holds: Holds;
  readonly isStoreShared: boolean;
  readonly clock: Clock;
  readonly events: Events;
  open(redis: string, listener: ChannelListener): Channel;
}

/**
 * A change is told to all, and counts there at once. Whoever comes (back) to Redis reads the shared store again, or asks
 * the others where each gateway has a store of its own.
 */
export function createHoldSharing({
  holds,
  isStoreShared,
  clock,
  events,
  open,
}: HoldSharingDeps): HoldSharing {
  let followed = '';
  let channel: Channel | undefined;
  let state: HoldSharingStatus['redis'] = 'none';
  let detail = '';
  let isClosed = false;
  let cancelPoll = (): void => {};
  const from = randomUUID();

  const poll = (): void => {
    if (!isClosed) cancelPoll = clock.after(pollEvery, () => void holds.sync().then(poll));
  };
  if (isStoreShared) poll();

  const tell = (changes: readonly HoldChange[]): void => {
    for (let at = 0; at < changes.length; at += changesAtOnce)
      channel?.send(toText({ kind: 'tell', from, changes: changes.slice(at, at + changesAtOnce) }));
  };

  const restore = (): void => {
    if (detail !== '' && state === 'away') events.emit({ type: 'holds-restored' });
    state = 'up';
    detail = '';
    tell(holds.changes());
    if (isStoreShared) void holds.sync();
    else channel?.send(toText({ kind: 'ask', from }));
  };

  const degrade = (reason: string): void => {
    if (detail === '') events.emit({ type: 'holds-degraded', reason });
    state = 'away';
    detail = reason;
  };

  const hear = (text: string): void => {
    const message = parseMessage(text);
    if (message === undefined || message.from === from) return;
    if (message.kind === 'ask') tell(holds.changes());
    else for (const change of message.changes) holds.take(change);
  };

  return {
    announce: change => tell([change]),
    follow(redis) {
      if (redis === followed) return;
      followed = redis;
      channel?.close();
      channel = undefined;
      detail = '';
      state = redis === '' ? 'none' : 'away';
      if (redis === '') return;
      // A channel that was left may still have something to say.
      const ifCurrent =
        <Given extends unknown[]>(call: (...given: Given) => void) =>
        (...given: Given): void => {
          if (followed === redis) call(...given);
        };
      channel = open(redis, {
        ready: ifCurrent(restore),
        lost: ifCurrent(degrade),
        heard: ifCurrent(hear),
      });
    },
    status: () => ({ redis: state, detail, isStoreShared }),
    close() {
      isClosed = true;
      cancelPoll();
      followed = '';
      channel?.close();
      channel = undefined;
    },
  };
}
