import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { OpenTransport, Upstream } from '../proxy/upstream.ts';
import type { Evidence, EvidenceStore, RouteVerdict } from './evidence.ts';
import { toJob } from './jobs.ts';
import { createKeeping } from './keeping.ts';
import type { ComparisonStore, Retention } from './kept.ts';
import { type Pair, Pairing } from './pairing.ts';
import { createReasking } from './reasking.ts';
import { createRecorder } from './recorder.ts';
import { rulesHash } from './rules-now.ts';
import { createSampling, whyNever } from './sampling.ts';
import { createSaving } from './saving.ts';
import type { TripwireConfig } from './schema.ts';
import { createSettling } from './settling.ts';
import type { Shadowing } from './shadowing.ts';
import { createComparingThread } from './thread.ts';
import { createCopyTransports } from './transports.ts';
import { type Ending, toEnding, toSkipped } from './trials.ts';
import { createTripwires, type TripwireHolds } from './tripwires.ts';

/** What of the snapshot comparing goes by. */
export interface CompareSettings {
  /** By `route.index`; undefined where nothing is ever copied. */
  readonly shadowings: readonly (Shadowing | undefined)[];
  /** By the name of the route; only those whose service may serve. */
  readonly tripwires: ReadonlyMap<string, TripwireConfig>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

/**
 * Shadowing at run time: which requests are copied, what both sides said, and how each ended. It is off the client's path:
 * it changes, delays and fails no answer. Every request on a shadowed route ends in exactly one `compared` event.
 */
export interface Comparing {
  /** Before the request goes to the side that serves. */
  begin(exchange: Exchange, shadowing: Shadowing): void;
  /** After it has ended, however: forwarded, refused, or gone. */
  finish(exchange: Exchange, shadowing: Shadowing): void;
  /** Hears of every swap. */
  renew(settings: CompareSettings): void;
  /** Reads the evidence that earlier processes gathered. Never rejects. */
  load(): Promise<void>;
  facts(): ComparingFacts;
  /** Lets what is under way come to its end, at most so many milliseconds; what is left is skipped. Then writes all down. */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface ComparingFacts {
  /** Requests whose copy or comparison is under way. */
  readonly inFlight: number;
  /** Examples that the store did not take; their outcomes are counted all the same. */
  readonly unkept: number;
  /** Of the routes that are compared; judged when they are read. */
  readonly verdicts: readonly RouteVerdict[];
}

export interface ComparingDeps {
  readonly clock: Clock;
  readonly events: Events;
  readonly evidence: Evidence;
  readonly store: ComparisonStore & EvidenceStore;
  readonly isStoreAway: () => boolean;
  readonly holds: TripwireHolds;
  readonly openTransport: OpenTransport;
  readonly settings: () => CompareSettings;
  /** Hears what both sides said, or one of them, of each request that was copied. It must not throw. */
  readonly onHeard?: (exchange: Exchange, sides: Pairing['heard'], upload: readonly Uint8Array[]) => void;
  /** From 0 up to 1; default `Math.random`. */
  readonly random?: () => number;
}

export function createComparing(deps: ComparingDeps): Comparing {
  const { clock, events, evidence, store, settings, random = Math.random } = deps;
  // A tripwire goes by comparisons that nobody keeps, too.
  const isStoreAway = (route: string): boolean => deps.isStoreAway() && !settings().tripwires.has(route);
  const sampling = createSampling({ now: clock.now, random, isStoreAway });
  const reasking = createReasking(clock, random);
  const transports = createCopyTransports({ clock, openTransport: deps.openTransport });
  const thread = createComparingThread({ clock, events });
  const { budget, hashing } = sampling;
  const copies = { clock, transports, budget, hashing };
  const settling = createSettling({ ...copies, thread });
  const retentions = (): Retention[] => toRetentions(settings().shadowings, clock.wall());
  const keeping = createKeeping({ store, clock, events, retentions });
  const saving = createSaving({ evidence, store, clock, events });
  const settingsOf = ({ name }: { readonly name: string }) => settings().tripwires.get(name);
  const tripwires = createTripwires({ events, wall: clock.wall, holds: deps.holds, settingsOf });
  const count = createRecorder({ clock, events, evidence, keeping, tripwires });
  const open = new Map<Exchange, Pairing>();

  /** A fault in here is told, and stays here. */
  const safely = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      events.emit({ type: 'crashed', error });
    }
  };
  const record = (exchange: Exchange, shadowing: Shadowing, ending: Ending): void =>
    safely(() => count(exchange, shadowing, ending));

  const start = (exchange: Exchange, shadowing: Shadowing): void => {
    const reask = reasking.choose(exchange, shadowing);
    const pairing = new Pairing(exchange, shadowing, { ...copies, reask }, ended);
    exchange.copied = pairing.copied;
    exchange.tap = pairing.capture;
    open.set(exchange, pairing);
    pairing.open();
  };

  const ended = (pairing: Pairing, pair: Pair): void => {
    open.delete(pairing.exchange);
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
    record(exchange, shadowing, toSkipped({ exchange }, 'would-refuse'));
  });

  const idle = async (ms: number): Promise<void> => {
    const deadline = clock.now() + ms;
    while (open.size + thread.queued + settling.waiting > 0 && clock.now() < deadline)
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
        record(exchange, shadowing, toSkipped({ exchange }, skip));
      } else open.get(exchange)?.finish();
    },
    renew({ shadowings, tripwires: watched, upstreams }) {
      const names = new Set(shadowings.flatMap(shadowing => shadowing?.route.name ?? []));
      sampling.keep(name => names.has(name));
      reasking.keep(name => names.has(name));
      tripwires.keep(name => watched.has(name));
      transports.retire(upstreams);
    },
    load: saving.load,
    facts: () => ({
      inFlight: open.size + thread.queued + settling.waiting,
      unkept: keeping.lost,
      get verdicts() {
        return settings().shadowings.flatMap(shadowing => {
          if (shadowing === undefined) return [];
          const { route, config, rules } = shadowing;
          return evidence.verdictOf(route.name, { ...config, rules: rulesHash(rules, clock.wall()) });
        });
      },
    }),
    async drain(ms) {
      settling.abandon();
      await idle(ms);
      settling.abandon();
      for (const pairing of [...open.values()]) pairing.abandon('worker');
      await thread.close();
      await Promise.all([keeping.flush(), saving.save()]);
    },
    async close() {
      unlisten();
      tripwires.close();
      settling.abandon();
      for (const pairing of [...open.values()]) pairing.abandon('worker');
      keeping.close();
      saving.close();
      await Promise.all([thread.close(), transports.close()]);
    },
  };
}

const heardIn = (pairing: Pairing, pair: Pair): Pairing['heard'] =>
  pair.kind === 'comparable' ? { legacy: pair.legacy, service: pair.service } : pairing.heard;

const defaultRetain = { age: 7 * 86_400_000, bytes: 1024 ** 3 };

const toRetentions = (shadowings: CompareSettings['shadowings'], now: number): Retention[] =>
  shadowings.flatMap(shadowing => {
    if (shadowing === undefined) return [];
    const { age, bytes } = shadowing.config.retain ?? defaultRetain;
    return { route: shadowing.route.name, before: now - age, bytes };
  });
