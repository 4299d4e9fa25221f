import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import type { StoredKey } from './keys.ts';
import type { Family } from './sessions.ts';
import type { Profile, User } from './user.ts';

/** Where this service keeps what it knows; `sql-repository.ts` implements it. */
export interface Repository extends Records {
  /** All of it or, if `work` throws, nothing. `work` may run more than once. Within it only `records` is used. */
  transaction<T>(work: (records: Records) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Records {
  readonly users: UserRecords;
  readonly families: FamilyRecords;
  readonly keys: KeyRecords;
  readonly clients: ClientRecords;
  readonly attempts: AttemptRecords;
  readonly progress: ProgressRecords;
  /** Writes an event into the outbox. */
  tell(event: CloudEvent): Promise<void>;
}

export interface UserRecords {
  find(id: number): Promise<User | undefined>;
  findByEmail(email: string): Promise<(User & { readonly passwordHash: string }) | undefined>;
  /** In the order of ids, above `after`; `search` is in the email or the name, whatever the case. */
  list(filter: UserFilter): Promise<readonly User[]>;
  /** The id that the next new user gets: above every id of the monolith's, for ever. */
  nextId(): Promise<number>;
  /** Rejects if the email is taken. From here on the user is this service's, and a backfill leaves it alone. */
  add(user: User, passwordHash: string): Promise<void>;
  /** The same holds from here on. Undefined if there is no such user. */
  change(id: number, profile: Profile): Promise<User | undefined>;
  /** The same again. Resolves with whether `before` was the hash until now. */
  changePassword(id: number, hashes: { readonly before: string; readonly after: string }): Promise<boolean>;
  /** The same password, hashed in another way: says nothing about whose the user is. */
  rehash(id: number, hashes: { readonly before: string; readonly after: string }): Promise<void>;
  /** Copies a user of the monolith. `taken`: another user has the email here. */
  copy(user: User, passwordHash: string): Promise<'copied' | 'unchanged' | 'own' | 'taken'>;
  /** A user of the monolith is no more, and their logins end. One who is this service's by now stays. */
  forgetLegacy(id: number): Promise<void>;
}

export interface UserFilter {
  readonly after: number;
  readonly search: string;
  readonly limit: number;
}

export interface FamilyRecords {
  add(family: Family): Promise<void>;
  find(id: string): Promise<Family | undefined>;
  /** Takes the family's next token hash and `idleAt`. Resolves with whether `family.tokenHash` was the newest until now. */
  rotate(family: Family, tokenHash: string): Promise<boolean>;
  end(id: string): Promise<void>;
  endAllOf(userId: number): Promise<void>;
  /** Ends all but the newest `most` of a user. */
  trim(userId: number, most: number): Promise<void>;
  /** Deletes those that ended before. */
  forget(now: number): Promise<void>;
}

export interface KeyRecords {
  /** Newest first. */
  all(): Promise<readonly StoredKey[]>;
  add(key: StoredKey): Promise<void>;
  remove(kid: string): Promise<void>;
}

export interface ClientRecords {
  secretHash(id: string): Promise<string | undefined>;
  save(id: string, secretHash: string): Promise<void>;
}

export interface AttemptRecords {
  /** Adds 1, and resolves with the sum. */
  count(bucket: string, slot: number): Promise<number>;
  uncount(bucket: string, slot: number): Promise<void>;
  clear(bucket: string, slot: number): Promise<void>;
  /** Deletes what is of slots before. */
  forget(slot: number): Promise<void>;
}

/** How far the backfill has come. */
export interface ProgressRecords {
  get(): Promise<Progress | undefined>;
  save(progress: Progress): Promise<void>;
}

export interface Progress {
  /** The last user that was copied. */
  readonly userId: number;
  readonly isFinished: boolean;
}
