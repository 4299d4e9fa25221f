import { type Clock, systemClock } from '../clock.ts';
import type { CloudEvent } from './cloud-event.ts';

/**
 * Carries events from who tells them to every group that wants them: at least once, so a handler meets repetitions
 * (`inbox.ts`). Events of one subject come in the order of their publishing where nothing fails.
 */
export interface Bus {
  /** Resolves when the event is durable for every group there is; rejects where that is not known within 5 s. */
  publish(event: CloudEvent): Promise<void>;
  subscribe(options: SubscribeOptions): Subscription;
  readonly deadLetters: DeadLetters;
  /** Ends the subscriptions; handlers under way get ten seconds, what they did not finish is delivered again. */
  close(): Promise<void>;
}

export interface SubscribeOptions {
  /** Whose events these are: a lower-case word. Processes of one group share its events among them. */
  readonly group: string;
  /** Which types, exactly; the same for all processes of the group. */
  readonly types: readonly string[];
  /** Its event is done when this resolves. It has 25 minutes. An `Unhandleable` is not tried again. */
  readonly handle: (event: CloudEvent) => Promise<void>;
  /** Events under way at once, at most; default 16. */
  readonly prefetch?: number;
  /** Times that `handle` may throw before the event becomes a dead letter; default 5. */
  readonly attempts?: number;
  /** Milliseconds to the second attempt, doubled for each one after, at most 30 s; default 200. */
  readonly backoff?: number;
}

/** Thrown by a handler for an event that no repetition would make handleable: it is a dead letter at once. */
export class Unhandleable extends Error {
  override readonly name = 'Unhandleable';
}

export interface Subscription {
  /**
   * Resolves when the group exists: what is published from then on waits for it, whether it runs or not. While the
   * broker is away it stays pending.
   */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** An event, or what should have been one, that a group could not handle. */
export interface DeadLetter {
  readonly group: string;
  /** The event's id; for what is no event, one made from its bytes. */
  readonly id: string;
  /** Why: the last error, or what was malformed. */
  readonly reason: string;
  readonly attempts: number;
  /** ISO 8601, in UTC. */
  readonly at: string;
  /** As it came. */
  readonly body: string;
}

/** At most 1000 are listed. What one call holds in its hands another does not see meanwhile. */
export interface DeadLetters {
  list(group?: string): Promise<readonly DeadLetter[]>;
  /** Delivers them again to their group alone, with all attempts. Resolves with how many. */
  replay(group: string, id: string | 'all'): Promise<number>;
  /** Deletes them. Resolves with how many. */
  drop(group: string, id: string | 'all'): Promise<number>;
}

export interface BusOptions {
  /** `amqp://…` of a RabbitMQ; wins over `file`. */
  readonly amqpUrl?: string;
  /** The SQLite file that processes of one machine share. */
  readonly file?: string;
  /** First part of every name at the broker; default `shop`. */
  readonly prefix?: string;
  readonly clock?: Clock;
  /** Told about what the bus goes on from by itself: a lost connection, a handler that threw. */
  readonly onTrouble?: (what: string) => void;
}

/** What every bus is made with. */
export interface BusSettings {
  readonly clock: Clock;
  readonly onTrouble: (what: string) => void;
}

/** Opens the bus. A broker that is away is waited for in the background. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const { amqpUrl, file, prefix = 'shop', clock = systemClock, onTrouble = () => {} } = options;
  if (amqpUrl !== undefined) {
    // Loaded where it is asked for, so that a service on the embedded bus runs without the package.
    const { openRabbitBus } = await import('./rabbit-bus.ts');
    return openRabbitBus(amqpUrl, prefix, { clock, onTrouble });
  }
  if (file === undefined) throw new TypeError('a bus needs amqpUrl or file');
  const { openEmbeddedBus } = await import('./embedded-bus.ts');
  return openEmbeddedBus(file, { clock, onTrouble });
}
