import type { CloudEvent } from '../chassis/events/cloud-event.ts';

/** Something that a person was told. */
export interface Notification {
  /** Counts upwards. */
  readonly id: number;
  readonly userId: string;
  readonly eventType: string;
  readonly subject: string;
  readonly text: string;
  readonly createdAt: string;
  /** When its mail was sent; null while no address of the person is known. */
  readonly mailedAt: string | null;
}

export interface NewNotification extends Omit<Notification, 'id' | 'mailedAt'> {
  readonly eventId: string;
}

export interface Person {
  readonly userId: string;
  readonly email: string;
  /** When that was so: what is older than what is known is left out. */
  readonly asOf: string;
}

export interface NotificationFilter {
  /** Undefined: everybody's. */
  readonly userId: string | undefined;
  /** The id to go on below. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** Where notifications and the mails of the shop are kept; `sql-repository.ts` implements it. */
export interface Repository {
  /** Newest first. */
  list(filter: NotificationFilter): Promise<readonly Notification[]>;
  /**
   * Does the work of an event once, however often it is delivered. Resolves with whether it was done now; where it
   * fails, nothing of it is kept, and the event is not known.
   */
  once(event: CloudEvent, work: (changes: Changes) => Promise<void>): Promise<boolean>;
  close(): Promise<void>;
}

export interface Changes {
  /** And its mail, if the address of the person is known. */
  notify(notification: NewNotification): Promise<void>;
  /** And the mails that waited for an address. */
  savePerson(person: Person, now: string): Promise<void>;
}
