import type { Breaker, Pass } from './breaker.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { Credentials } from './credentials.ts';
import type { UpstreamFailure } from './failure.ts';
import type { Instances } from './instances.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { AttemptEnd, Instance, Permit } from './upstream.ts';

interface Parts {
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead;
  readonly instances: Instances;
  readonly retries: RetryBudget | undefined;
  readonly credentials: Credentials | undefined;
}

/** The way in and out of one upstream: credentials, then breaker, then bulkhead, then an instance. */
export class Entrance {
  readonly #name: string;
  readonly #parts: Parts;
  #isClosed = false;
  #whenEmpty: () => void = () => {};

  constructor(name: string, parts: Parts) {
    this.#name = name;
    this.#parts = parts;
  }

  /** A token is waited for before a place is taken: whoever waits keeps nobody out. */
  enter(avoid: Instance | undefined): Permit | UpstreamFailure | Promise<Permit | UpstreamFailure> {
    const { credentials } = this.#parts;
    if (credentials === undefined) return this.#knock(undefined, avoid);
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    const token = credentials.authorization();
    return token instanceof Promise
      ? token.then(late => this.#knock(late, avoid))
      : this.#knock(token, avoid);
  }

  #barred(): UpstreamFailure | undefined {
    if (this.#isClosed) return this.#closed();
    return this.#parts.breaker.hasWay() ? undefined : this.#broken();
  }

  #knock(
    token: string | UpstreamFailure | undefined,
    avoid: Instance | undefined,
  ): Permit | UpstreamFailure | Promise<Permit | UpstreamFailure> {
    if (typeof token === 'object') return token;
    const barred = this.#barred();
    if (barred !== undefined) return barred;
    const { bulkhead } = this.#parts;
    const place = bulkhead.enter();
    if (place === true) return this.#admit(token, avoid);
    if (place === false) return this.#overloaded();
    return place.then(hasPlace => (hasPlace ? this.#admit(token, avoid) : this.#overloaded()));
  }

  leave(instance: Instance, pass: Pass, end: AttemptEnd): void {
    this.#parts.instances.give(instance, end);
    pass.settle(end);
    this.#freePlace();
  }

  /** Waits until nothing is in flight; what comes later is refused. */
  async close(): Promise<void> {
    while (this.#parts.bulkhead.inFlight > 0) {
      await new Promise<void>(resolve => {
        this.#whenEmpty = resolve;
      });
    }
    this.#isClosed = true;
  }

  deny(authorization: string): void {
    this.#parts.credentials?.refused(authorization);
  }

  #admit(token: string | undefined, avoid: Instance | undefined): Permit | UpstreamFailure {
    const { breaker, instances, retries } = this.#parts;
    const pass = breaker.enter();
    if (pass === undefined) {
      this.#freePlace();
      return this.#broken();
    }
    retries?.attempted();
    return new EntrancePermit(this, instances.take(avoid), pass, token);
  }

  #freePlace(): void {
    const { bulkhead } = this.#parts;
    bulkhead.leave();
    if (bulkhead.inFlight === 0) this.#whenEmpty();
  }

  #broken(): UpstreamFailure {
    const { breaker } = this.#parts;
    const retryAfter = breaker.retryAfter();
    return {
      code: 'breaker-open',
      reached: 'no',
      detail: `the breaker of ${this.#name} is ${breaker.state}; ask again in ${retryAfter} s`,
      retryAfter,
    };
  }

  #overloaded(): UpstreamFailure {
    const { concurrency, queued } = this.#parts.bulkhead;
    return {
      code: 'overloaded',
      reached: 'no',
      detail: `${this.#name} has ${concurrency} requests in flight, which is its bound, and ${queued} waiting`,
      retryAfter: 1,
    };
  }

  #closed(): UpstreamFailure {
    return { code: 'no-healthy-instance', reached: 'no', detail: `${this.#name} was taken out of use` };
  }
}

class EntrancePermit implements Permit {
  readonly instance: Instance;
  readonly authorization: string | undefined;
  readonly #entrance: Entrance;
  readonly #pass: Pass;
  #isSettled = false;

  constructor(entrance: Entrance, instance: Instance, pass: Pass, authorization: string | undefined) {
    this.#entrance = entrance;
    this.instance = instance;
    this.#pass = pass;
    this.authorization = authorization;
  }

  denied(): void {
    if (this.authorization !== undefined) this.#entrance.deny(this.authorization);
  }

  answered(): void {
    if (!this.#isSettled) this.#pass.answered();
  }

  settle(end: AttemptEnd): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#entrance.leave(this.instance, this.#pass, end);
  }
}
