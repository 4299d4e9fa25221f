import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import { isGatewayStatus, toUpstreamFailure, type UpstreamFailure } from './failure.ts';
import type { Relay } from './relay.ts';
import type { TransportControl, TransportReceiver, TransportRequest } from './transport.ts';
import type { TransportFailure } from './transport-failure.ts';
import type { AttemptEnd, Permit, Upstream } from './upstream.ts';

/** What an attempt tells whoever made it. After `onFailure` and `onEnd` it tells nothing more. */
export interface AttemptOwner {
  onInterim(attempt: Attempt, status: number, fields: string[]): void;
  /** Says where the answer goes; undefined throws it away, and nothing more is heard of it. */
  onHead(attempt: Attempt, status: number, reason: string, fields: string[]): Relay | undefined;
  onEnd(attempt: Attempt, relay: Relay, trailers: string[]): void;
  onUpgrade(attempt: Attempt, fields: string[], socket: Duplex): void;
  /** `relay` is where the answer went that broke off. */
  onFailure(attempt: Attempt, failure: UpstreamFailure, relay: Relay | undefined): void;
}

/** Bytes of an unwanted answer that are read, so that its connection can be used again. */
const maxDiscarded = 64 * 1024;

/** One request to one instance. It settles its permit exactly once, from the head, the end, or what went wrong. */
export class Attempt implements TransportReceiver {
  readonly permit: Permit;
  readonly upstream: Upstream;
  readonly #owner: AttemptOwner;
  readonly #clock: Clock;
  #control: TransportControl | undefined;
  #startedAt = 0;
  #status = 0;
  #relay: Relay | undefined;
  #discarded = 0;
  #isOver = false;
  /** The request was handed to a connection: it may have been acted on. */
  isStarted = false;
  /** That connection had served other requests before. */
  isReused = false;
  /** A byte of an answer has come. */
  isAnswered = false;

  constructor(permit: Permit, upstream: Upstream, owner: AttemptOwner, clock: Clock) {
    this.permit = permit;
    this.upstream = upstream;
    this.#owner = owner;
    this.#clock = clock;
  }

  send(request: TransportRequest): void {
    const control = this.permit.instance.transport.dispatch(request, this);
    this.#control = control;
  }

  get control(): TransportControl {
    return this.#control as TransportControl;
  }

  /** Milliseconds since the request was written. */
  get ms(): number {
    return this.#clock.now() - this.#startedAt;
  }

  /** Gives up; the owner hears nothing more. */
  abandon(end: AttemptEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#control?.abort();
    this.permit.settle(end);
  }

  onStart(isReused: boolean): void {
    this.isStarted = true;
    this.isReused = isReused;
    this.#startedAt = this.#clock.now();
  }

  onFirstByte(): void {
    this.isAnswered = true;
  }

  onInterim(status: number, fields: string[]): void {
    this.#owner.onInterim(this, status, fields);
  }

  onHead(status: number, reason: string, fields: string[]): void {
    this.#status = status;
    if (!isGatewayStatus(status)) this.permit.answered();
    if (status === 401) this.permit.denied();
    this.#relay = this.#owner.onHead(this, status, reason, fields);
    if (this.#relay === undefined) this.#settle();
  }

  onData(chunk: Buffer): void {
    if (this.#relay !== undefined) {
      this.#relay.write(chunk);
      return;
    }
    this.#discarded += chunk.length;
    if (this.#discarded > maxDiscarded) this.abandon('unknown');
  }

  onEnd(trailers: string[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle();
    if (this.#relay !== undefined) this.#owner.onEnd(this, this.#relay, trailers);
  }

  onUpgrade(fields: string[], socket: Duplex): void {
    this.#isOver = true;
    this.permit.answered();
    this.permit.settle('good');
    this.#owner.onUpgrade(this, fields, socket);
  }

  onFailure(failure: TransportFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.permit.settle(failure.kind === 'request' ? 'unknown' : 'bad');
    const isDiscarded = this.#status !== 0 && this.#relay === undefined;
    if (isDiscarded) return;
    this.#owner.onFailure(this, toUpstreamFailure(this.upstream.name, failure, this.isStarted), this.#relay);
  }

  #settle(): void {
    this.permit.settle(isGatewayStatus(this.#status) ? 'bad' : 'good');
  }
}
