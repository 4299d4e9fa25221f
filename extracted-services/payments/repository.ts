import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import type { OperationKind, Payment } from './payment.ts';

/** Something that is done to a payment, from the request to what the network made of it. */
export interface Operation {
  /** What the network knows it by. */
  readonly id: string;
  readonly paymentId: string;
  readonly kind: OperationKind;
  readonly cents: number;
  /** Who asked, and the Idempotency-Key: the same asks for the same operation again. */
  readonly key: string;
  /** Hash of what was asked, without anything of the card but its last four digits. */
  readonly fingerprint: string;
  /** The answer, once there is one; undefined while it is open. */
  readonly answer: StoredAnswer | undefined;
  readonly createdAt: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface PaymentFilter {
  /** Of any of these orders; empty: of all. */
  readonly orderIds: readonly string[];
  readonly userId: string | undefined;
  readonly limit: number;
}

/** Where payments are kept; `sql-repository.ts` implements it. */
export interface Repository {
  find(id: string): Promise<Payment | undefined>;
  /** Newest first. */
  list(filter: PaymentFilter): Promise<readonly Payment[]>;
  /** Operations without an answer that were begun before that instant, oldest first, at most 100. */
  openOperations(before: string): Promise<readonly Operation[]>;
  /** Forgets keys that were answered and begun before that instant. Resolves with how many. */
  forgetAnswered(before: string): Promise<number>;
  /** All of it or nothing; `work` may run again. */
  transaction<T>(work: (changes: Changes) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What is read and changed within one transaction. */
export interface Changes {
  payment(id: string): Promise<Payment | undefined>;
  savePayment(payment: Payment): Promise<void>;
  operation(key: string): Promise<Operation | undefined>;
  /** The operation of a payment that has no answer yet: there is at most one. */
  openOperationOf(paymentId: string): Promise<Operation | undefined>;
  saveOperation(operation: Operation): Promise<void>;
  removeOperation(id: string): Promise<void>;
  /** Into the outbox. */
  tell(event: CloudEvent): Promise<void>;
}
