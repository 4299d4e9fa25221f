import { Bag } from '../core/bag.ts';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { OpenTransport, Upstream } from '../proxy/upstream.ts';
import type { CountFacts, CountSettings } from './counting.ts';
import { toJob } from './jobs.ts';
import { type Pair, Pairing } from './pairing.ts';
import { createReasking } from './reasking.ts';
import { createRecorder, type Ended } from './recorder.ts';
import { createSampling, whyNever } from './sampling.ts';
import { createSettling } from './settling.ts';
import type { Shadowing } from './shadowing.ts';
import { createComparingThread } from './thread.ts';
import { createCopyTransports } from './transports.ts';
import { type Ending, toEnding } from './trials.ts';
import { createUncompared } from './uncompared.ts';

/** What of the snapshot comparing goes by. */
export interface CompareSettings extends CountSettings {
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

/**
 * Shadowing at run time: which requests are copied, what both sides said, and how each ended. It is off the client's path:
 * it changes, delays and fails no answer. Every request on a shadowed route is handed to `count` exactly once, those that
 * were not copied within 100 ms.
 */
export interface Comparing {
  /** Before the request goes to the side that serves. */
  begin(exchange: Exchange, shadowing: Shadowing): void;
  /** After it has ended, however: forwarded, refused, or gone. */
  finish(exchange: Exchange, shadowing: Shadowing): void;
  /** Hears of every swap. */
  renew(settings: CompareSettings): void;
  /** Requests whose copy or comparison is under way. */
  inFlight(): number;
  /** Lets what is under way come to its end, at most so many milliseconds; what is left is skipped. */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface ComparingFacts extends CountFacts {
  /** Requests whose copy or comparison is under way. */
  readonly inFlight: number;
}

export interface ComparingDeps {
  readonly clock: Clock;
  readonly events: Events;
  /** What comes of a comparison cannot be kept now. */
  readonly isStoreAway: () => boolean;
  readonly openTransport: OpenTransport;
  readonly settings: () => CompareSettings;
  /** Hears what both sides said, or one of them, of each request that was copied. It must not throw. */
  readonly onHeard?: (exchange: Exchange, sides: Pairing['heard'], upload: readonly Uint8Array[]) => void;
  /** Counts what a request has come to, or several together that were not copied. */
  readonly count: (ended: Ended, shadowing: Shadowing) => void;
  /** Of the bounds of a gateway, that of this process: 1 where it is the only one, less where there are others. */
  readonly share?: number;
  /** What `keep: shapes` hashes with, where several processes make one gateway. */
  readonly shapeKey?: Uint8Array | undefined;
  /** From 0 up to 1; default `Math.random`. */
  readonly random?: () => number;
}

export function createComparing(deps: ComparingDeps): Comparing {
  const { clock, events, settings, share = 1, random = Math.random } = deps;
  // A tripwire goes by comparisons that nobody keeps, too.
  const isStoreAway = (route: string): boolean => deps.isStoreAway() && !settings().tripwires.has(route);
  const sampling = createSampling({ now: clock.now, random, isStoreAway, share });
  const reasking = createReasking(clock, random);
  const transports = createCopyTransports({ clock, openTransport: deps.openTransport });
  const thread = createComparingThread({ clock, events, shapeKey: deps.shapeKey });
  const { budget, hashing } = sampling;
  const copies = { clock, transports, budget, hashing };
  const settling = createSettling({ ...copies, thread });
  const recorder = createRecorder(clock);
  const open = new Bag<Pairing>();

  /** A fault in here is told, and stays here. */
  const safely = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      events.emit({ type: 'crashed', error });
    }
  };
  const record = (exchange: Exchange, shadowing: Shadowing, ending: Ending): void =>
    safely(() => deps.count(recorder.ofPair(exchange, shadowing, ending), shadowing));
  const uncompared = createUncompared(clock, alike =>
    safely(() => deps.count(recorder.ofUncompared(alike), alike.shadowing)),
  );

  const start = (exchange: Exchange, shadowing: Shadowing): void => {
    const reask = reasking.choose(exchange, shadowing);
    const pairing = new Pairing(exchange, shadowing, { ...copies, reask }, ended);
    exchange.copied = pairing.copied;
    exchange.tap = pairing.capture;
    exchange.pairing = pairing;
    pairing.place = open.add(pairing);
    pairing.open();
  };

  const ended = (pairing: Pairing, pair: Pair): void => {
    open.remove(pairing.place);
    pairing.exchange.pairing = undefined;
    sampling.leave(pairing.shadowing);
    safely(() => deps.onHeard?.(pairing.exchange, heardIn(pairing, pair), pairing.upload));
    safely(() => judge(pairing, pair));
  };

  const judge = (pairing: Pairing, pair: Pair): void => {
    const { exchange, shadowing } = pairing;
    if (pair.kind === 'ended') record(exchange, shadowing, toEnding(pairing, pair, undefined));
    else compare(pairing, pair);
  };

  const compare = (pairing: Pairing, pair: Extract<Pair, { kind: 'comparable' }>): void => {
    const { exchange, shadowing } = pairing;
    const job = toJob(exchange, shadowing, { ...pair, upload: pairing.upload }, result => {
      const ending = toEnding(pairing, pair, result);
      const settle = (verdict: 'agree' | 'differ'): void =>
        record(exchange, shadowing, verdict === 'agree' ? { ...ending, outcome: 'lagged' } : ending);
      if (ending.outcome !== 'mismatch' || !settling.ask(exchange, shadowing, settle)) settle('differ');
    });
    if (thread.compare(job)) return;
    const ending = toEnding(pairing, pair, undefined);
    record(exchange, shadowing, { ...ending, outcome: 'skipped', skip: 'overload' });
  };

  const unlisten = events.on('refused', ({ route, guard, exchange }) => {
    // A target of which some reading is claimed belongs to no route, but would have, had it been sent plainly.
    const shadowing = guard === 'target' ? settings().shadowings[route.index] : undefined;
    if (shadowing?.route.name !== route.name || exchange === undefined || exchange.route.index !== 0) return;
    uncompared.add(exchange, shadowing, 'would-refuse');
  });

  const inFlight = (): number => open.size + thread.queued + settling.waiting;

  const idle = async (ms: number): Promise<void> => {
    const deadline = clock.now() + ms;
    while (inFlight() > 0 && clock.now() < deadline)
      await new Promise<void>(resolve => clock.after(10, resolve));
  };

  return {
    begin(exchange, shadowing) {
      exchange.skip = whyNever(exchange, shadowing) ?? sampling.enter(shadowing);
      if (exchange.skip === undefined) safely(() => start(exchange, shadowing));
    },
    finish(exchange, shadowing) {
      if (exchange.copied === undefined) {
        const skip = exchange.skip ?? (exchange.isUpgrade ? 'upgrade' : 'would-refuse');
        uncompared.add(exchange, shadowing, skip);
      } else exchange.pairing?.finish();
    },
    renew({ shadowings, upstreams }) {
      const names = new Set(shadowings.flatMap(shadowing => shadowing?.route.name ?? []));
      sampling.keep(name => names.has(name));
      reasking.keep(name => names.has(name));
      transports.retire(upstreams);
    },
    inFlight,
    async drain(ms) {
      settling.abandon();
      await idle(ms);
      settling.abandon();
      for (const pairing of [...open]) pairing.abandon('worker');
      uncompared.flush();
      await thread.close();
    },
    async close() {
      unlisten();
      settling.abandon();
      for (const pairing of [...open]) pairing.abandon('worker');
      uncompared.flush();
      await Promise.all([thread.close(), transports.close()]);
    },
  };
}

const heardIn = (pairing: Pairing, pair: Pair): Pairing['heard'] =>
  pair.kind === 'comparable' ? { legacy: pair.legacy, service: pair.service } : pairing.heard;
