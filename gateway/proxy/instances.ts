import type { Clock } from '../core/clock.ts';
import type { AttemptEnd, Instance, UpstreamStatus } from './upstream.ts';

/** Failures in a row, of whatever requests, after which an instance is given a rest. */
const longestStreak = 5;
/** Milliseconds of that rest. */
const rest = 10_000;

/** What speaks against an instance: the health probe, or the requests themselves. */
export type Witness = 'probe' | 'requests';

export interface Instances {
  readonly all: readonly Instance[];
  /** The one in service with the least in flight, in turn where equal; `avoid` only where there is no other. */
  take(avoid?: Instance): Instance;
  /** Gives back what `take` gave. */
  give(instance: Instance, end: AttemptEnd): void;
  /** Records why an instance should not be asked, or with undefined that it may be. */
  testify(instance: Instance, witness: Witness, why: string | undefined): void;
  status(): UpstreamStatus['instances'];
  /** Stops the rests. Connections are not its business. */
  close(): void;
}

interface Slot {
  readonly instance: Instance;
  inFlight: number;
  streak: number;
  isIn: boolean;
  readonly faults: { [witness in Witness]: string | undefined };
  endRest: () => void;
}

/**
 * Spreads attempts over the instances of one upstream.
 *
 * An instance that fails five times in a row rests for 10 s even without a health path: a dead one has the least in
 * flight, so it would draw every request. The last instance in service is never taken out, whatever speaks against it.
 */
export function createInstances(
  all: readonly Instance[],
  clock: Clock,
  onChange: (change: 'instance-ejected' | 'instance-restored', instance: Instance, reason: string) => void,
): Instances {
  const slots = all.map(toSlot);
  const slotOf = new Map(slots.map(slot => [slot.instance, slot]));
  const first = slots[0];
  if (first === undefined) throw new TypeError('an upstream has at least one instance');
  const isSingle = slots.length === 1;
  let turn = 0;

  const choose = (avoid: Instance | undefined): Slot => {
    let best: Slot | undefined;
    let last: Slot = first;
    for (let step = 0; step < slots.length; step++) {
      const slot = slots[(turn + step) % slots.length] ?? first;
      if (!slot.isIn) continue;
      last = slot;
      if (slot.instance !== avoid && (best === undefined || slot.inFlight < best.inFlight)) best = slot;
    }
    return best ?? last;
  };

  const review = (): void => {
    for (const slot of slots) {
      if (slot.isIn || reason(slot) !== undefined) continue;
      slot.isIn = true;
      onChange('instance-restored', slot.instance, 'healthy again');
    }
    for (const slot of slots) {
      const why = reason(slot);
      if (!slot.isIn || why === undefined || !slots.some(other => other !== slot && other.isIn)) continue;
      slot.isIn = false;
      onChange('instance-ejected', slot.instance, why);
    }
  };

  const testify = (slot: Slot, witness: Witness, why: string | undefined): void => {
    slot.faults[witness] = why;
    review();
  };

  const layDown = (slot: Slot): void => {
    slot.streak = 0;
    slot.endRest();
    slot.endRest = clock.after(rest, () => testify(slot, 'requests', undefined));
    testify(slot, 'requests', `${longestStreak} failures in a row`);
  };

  return {
    all,
    take(avoid) {
      const slot = isSingle ? first : choose(avoid);
      slot.inFlight++;
      if (!isSingle) turn = slots.indexOf(slot) + 1;
      return slot.instance;
    },
    give(instance, end) {
      const slot = isSingle ? first : slotOf.get(instance);
      if (slot === undefined) throw new TypeError(`${instance.origin} is not an instance of this upstream`);
      slot.inFlight--;
      if (end === 'good') slot.streak = 0;
      else if (end === 'bad' && !isSingle && ++slot.streak >= longestStreak) layDown(slot);
    },
    testify(instance, witness, why) {
      const slot = slotOf.get(instance);
      if (slot !== undefined) testify(slot, witness, why);
    },
    status: () => slots.map(toStatus),
    close() {
      for (const slot of slots) slot.endRest();
    },
  };
}

const toSlot = (instance: Instance): Slot => ({
  instance,
  inFlight: 0,
  streak: 0,
  isIn: true,
  faults: { probe: undefined, requests: undefined },
  endRest: () => {},
});

const reason = (slot: Slot): string | undefined => slot.faults.probe ?? slot.faults.requests;

function toStatus(slot: Slot): UpstreamStatus['instances'][number] {
  const why = reason(slot);
  const kept = slot.isIn && why !== undefined ? '; still asked, since it is the last one' : '';
  return { origin: slot.instance.origin, isHealthy: why === undefined, why: `${why ?? ''}${kept}` };
}
