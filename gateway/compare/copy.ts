import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import { isSafe } from '../core/vocabulary.ts';
import { BoundedBody, type ByteBudget, type Hashing } from '../proxy/bounded-body.ts';
import { hasEventStream } from '../proxy/capture.ts';
import type { UpstreamFailure } from '../proxy/failure.ts';
import type { Leg } from '../proxy/plan.ts';
import { toRequestHead } from '../proxy/request-head.ts';
import type { TransportControl, TransportReceiver, TransportRequest } from '../proxy/transport.ts';
import type { TransportFailure } from '../proxy/transport-failure.ts';
import type { Heard } from './heard.ts';
import type { CopyTransports } from './transports.ts';

/**
 * Milliseconds that a copy has at least, and how often the time of the answer that the client got. A service that is faster
 * than legacy is no reason not to wait for legacy.
 */
const deadline = { least: { service: 2000, legacy: 10_000 }, times: 2 };

export interface CopyDeps {
  readonly clock: Clock;
  readonly transports: CopyTransports;
  readonly budget: ByteBudget;
  /** Of answers beyond `maxBody`. */
  readonly hashing: Hashing;
}

export interface CopyOrder {
  readonly exchange: Exchange;
  readonly leg: Leg;
  /** Of the request; empty for none. */
  readonly upload: readonly Uint8Array[];
  /** Bytes of the answer. */
  readonly maxBody: number;
}

/**
 * A copy of a request for the side that does not serve: one attempt, on connections of its own. No breaker, bulkhead or
 * retry budget hears of it. It tells exactly once what it saw, whatever the other side does.
 */
export class Copy implements TransportReceiver {
  readonly #deps: CopyDeps;
  readonly #order: CopyOrder;
  readonly #done: (seen: Heard) => void;
  readonly #body: BoundedBody;
  readonly #startedAt: number;
  #origin = '';
  #control: TransportControl | undefined;
  #cancelTimer: () => void;
  #isOver = false;
  #isReused = false;
  #isAnswered = false;
  #mayBeBeyond = true;
  #status = 0;
  #fields: readonly string[] = [];

  constructor(order: CopyOrder, deps: CopyDeps, done: (seen: Heard) => void) {
    this.#order = order;
    this.#deps = deps;
    this.#done = done;
    this.#body = new BoundedBody(order.maxBody, deps.budget, deps.hashing);
    this.#startedAt = deps.clock.now();
    const { timeout } = order.leg.upstream;
    this.#cancelTimer = deps.clock.after(timeout, () => this.#late(timeout));
  }

  send(on: 'pooled' | 'fresh' = 'pooled'): void {
    const token = this.#order.leg.upstream.authorization();
    if (token instanceof Promise) void token.then(late => this.#dispatch(late, on));
    else this.#dispatch(token, on);
  }

  /**
   * The client's answer is whole, and took so long: the copy has twice that, but at least 2 s in all, legacy's 10 s. Where
   * that answer is within its bound, nobody needs the hash of a copy that is beyond.
   */
  hurry(ms: number, isBeyond: boolean): void {
    if (this.#isOver) return;
    this.#mayBeBeyond = isBeyond;
    if (!this.#isOfUse()) {
      this.#tell({ kind: 'unfit', reason: 'too-large' });
      return;
    }
    const bound = Math.max(deadline.least[this.#order.leg.side], deadline.times * ms);
    const left = bound - (this.#deps.clock.now() - this.#startedAt);
    this.#cancelTimer();
    this.#cancelTimer = this.#deps.clock.after(Math.max(0, left), () => this.#late(bound));
  }

  /** Ends it; nobody wants to hear what it saw. */
  drop(): void {
    this.#end();
    this.#body.drop();
  }

  #dispatch(token: string | undefined | UpstreamFailure, on: 'pooled' | 'fresh'): void {
    if (this.#isOver) return;
    if (typeof token === 'object') {
      this.#fail(token.detail);
      return;
    }
    try {
      const { leg } = this.#order;
      const instance = leg.upstream.instance();
      this.#origin = instance.origin;
      const request = toCopyRequest(this.#order, instance.authority, token);
      const transport = this.#deps.transports.to(leg.upstream, instance);
      const control = transport.dispatch({ ...request, isFresh: on === 'fresh' }, this);
      if (this.#isOver) control.abort();
      else this.#control = control;
    } catch (error) {
      // Closed for good, since a reload has taken it out of use.
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  onStart(isReused: boolean): void {
    this.#isReused = isReused;
  }

  onFirstByte(): void {
    this.#isAnswered = true;
  }

  onInterim(): void {}

  onHead(status: number, _reason: string, fields: string[]): void {
    this.#status = status;
    this.#fields = fields;
    if (hasEventStream(fields)) this.#tell({ kind: 'unfit', reason: 'streaming' });
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    if (!this.#body.add(chunk) || !this.#isOfUse())
      this.#tell({ kind: 'unfit', reason: this.#body.excess ?? 'too-large' });
  }

  onEnd(): void {
    this.#tell({
      kind: 'answered',
      status: this.#status,
      fields: this.#fields,
      body: this.#body,
      origin: this.#origin,
      ms: this.#deps.clock.now() - this.#startedAt,
    });
  }

  onUpgrade(_fields: string[], socket: { destroy(): void }): void {
    socket.destroy();
    this.#fail('it changed protocols');
  }

  /**
   * A connection that was idle may have been closed by the other side at that very moment, without a request having
   * been read: then the copy goes out on a new one, else the service would be blamed for it.
   */
  onFailure({ kind, message }: TransportFailure): void {
    const isStale = kind === 'reset' && this.#isReused && !this.#isAnswered;
    const { exchange, upload } = this.#order;
    this.#isReused = false;
    if (isStale && isSafe(exchange.method) && upload.length === 0) this.send('fresh');
    else this.#fail(message);
  }

  #isOfUse(): boolean {
    return this.#mayBeBeyond || !this.#body.isBeyond;
  }

  #late(bound: number): void {
    this.#fail(`no whole answer within ${Math.round(bound)} ms`);
  }

  #fail(detail: string): void {
    this.#tell({ kind: 'failed', detail });
  }

  #tell(seen: Heard): void {
    if (this.#isOver) return;
    this.#end();
    if (seen.kind !== 'answered') this.#body.drop();
    this.#done(seen);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    this.#control?.abort();
  }
}

/** The request for the other side: what a request of the client's would be there, and `x-shadow: 1` (contract §4). */
function toCopyRequest(
  { exchange, leg, upload }: CopyOrder,
  authority: string,
  token: string | undefined,
): Omit<TransportRequest, 'isFresh'> {
  const { upstream, rewrite } = leg;
  const { fields, host } = toRequestHead(exchange, leg);
  fields[1] = upstream.hostPolicy === 'service' || host === '' ? authority : host;
  if (token !== undefined) fields[3] = token;
  fields.push('x-shadow', '1');
  const { raw, path, query } = exchange.target;
  return {
    method: exchange.method,
    target: rewrite === undefined ? raw : rewrite.forward(exchange.entry, exchange.params, path) + query,
    fields,
    body: upload.length === 0 ? undefined : Readable.from(upload),
    upgrade: undefined,
  };
}
