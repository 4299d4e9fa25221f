import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import { backoff } from './backoff.ts';
import { isGatewayStatus, toRefusal, type UpstreamFailure } from './failure.ts';
import type { Leg, Plan } from './plan.ts';
import { Relay } from './relay.ts';
import { pseudonym, type RequestHead, toRequestHead } from './request-head.ts';
import { type AnswerSource, toInterimFields, toResponseHead } from './response-head.ts';
import { isCovered, isRepeatable, isStale, mayNeedBodyAgain } from './second-chance.ts';
import { Upload } from './upload.ts';
import type { Instance, Permit } from './upstream.ts';
import { Watch, type WatchListener } from './watch.ts';

export interface ForwardDeps {
  readonly events: Events;
  readonly clock: Clock;
}

/** What to do with an upstream that changes protocols; it calls `done` when both sides are closed. */
export type OnTunnel = (source: AnswerSource, fields: string[], socket: Duplex, done: () => void) => void;

/**
 * One exchange on its way: attempts at one upstream, and where the plan has a fallback, at another. It ends when the
 * client has its answer or is gone, or with a Refusal where there is none to give.
 */
export class Forwarding implements AttemptOwner, WatchListener {
  readonly #exchange: Exchange;
  readonly #res: ServerResponse;
  readonly #plan: Plan;
  readonly #deps: ForwardDeps;
  readonly #onTunnel: OnTunnel | undefined;
  readonly #watch: Watch;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #isOver = false;

  #leg: Leg;
  #head!: RequestHead;
  #upload: Upload | undefined;
  /** Attempts on this leg. */
  #tries = 0;
  /** Counts entries and timeouts, so that what belongs to an earlier one is recognised. */
  #turn = 0;
  #attempt: Attempt | undefined;
  #relay: Relay | undefined;
  #hasRetriedStale = false;
  #cancelRetry: () => void = () => {};

  constructor(exchange: Exchange, res: ServerResponse, plan: Plan, deps: ForwardDeps, onTunnel?: OnTunnel) {
    this.#exchange = exchange;
    this.#res = res;
    this.#plan = plan;
    this.#deps = deps;
    this.#leg = plan.leg;
    this.#onTunnel = onTunnel;
    this.#watch = new Watch(deps.clock, this);
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#res.destroyed) return resolve();
      this.#res.on('close', this.#onClose);
      this.#startLeg(this.#plan.leg);
    });
  }

  #startLeg(leg: Leg): void {
    this.#leg = leg;
    this.#tries = 0;
    const head = toRequestHead(this.#exchange, leg);
    this.#head = head;
    if (head.isLoop) {
      this.#refuse(new Refusal('loop-detected', `Via names ${pseudonym} already`));
      return;
    }
    if (head.length !== 0) this.#upload ??= this.#openUpload();
    if (head.length !== undefined && head.length > this.#plan.maxBody) {
      this.#refuse(this.#tooLarge(head.length));
      return;
    }
    this.#watch.awaitHead(leg.upstream, this.#upload);
    this.#enter();
  }

  #openUpload(): Upload {
    return new Upload(this.#exchange.req, {
      maxBody: this.#plan.maxBody,
      isKept: mayNeedBodyAgain(this.#exchange, this.#plan),
      clock: this.#deps.clock,
      tap: this.#exchange.tap,
      onFirstRead: () => this.#askForBody(),
      onTooLarge: () => this.#breakOff(this.#tooLarge(undefined)),
      onRefused: refusal => this.#breakOff(refusal),
    });
  }

  /** The client may wait for a word before it sends its body (RFC 9110 §10.1.1): now there is somebody to take it. */
  #askForBody(): void {
    const { headers, httpVersionMinor } = this.#exchange.req;
    const isAwaited = headers.expect !== undefined && httpVersionMinor > 0;
    if (isAwaited && !this.#res.headersSent) this.#res.writeContinue();
  }

  /** The client's own doing: no upstream is to blame, and what was begun there must not look complete. */
  #breakOff(refusal: Refusal): void {
    this.#attempt?.abandon('unknown');
    if (this.#relay === undefined) this.#refuse(refusal);
    else this.#relay.cut();
  }

  #enter(avoid?: Instance): void {
    const turn = ++this.#turn;
    this.#attempt = undefined;
    const entry = this.#leg.upstream.enter(avoid);
    if (entry instanceof Promise) entry.then(late => this.#entered(late, turn)).catch(this.#refuse);
    else this.#entered(entry, turn);
  }

  #entered(entry: Permit | UpstreamFailure, turn: number): void {
    const isPermit = 'instance' in entry;
    if (this.#isOver || turn !== this.#turn) {
      if (isPermit) entry.settle('unknown');
      return;
    }
    if (isPermit) this.#send(entry);
    else this.#failed(entry);
  }

  #send(permit: Permit): void {
    const { upstream, rewrite } = this.#leg;
    const { exchange, head } = { exchange: this.#exchange, head: this.#head };
    const isOwnHost = upstream.hostPolicy === 'service' || head.host === '';
    head.fields[1] = isOwnHost ? permit.instance.authority : head.host;
    if (permit.authorization !== undefined) head.fields[3] = permit.authorization;
    this.#tries++;
    const attempt = new Attempt(permit, upstream, this, this.#deps.clock);
    this.#attempt = attempt;
    attempt.send({
      method: exchange.method,
      target:
        rewrite === undefined
          ? exchange.target.raw
          : rewrite.forward(exchange.entry, exchange.params, exchange.target.path) + exchange.target.query,
      fields: head.fields,
      body: head.length === 0 ? undefined : this.#upload?.open(),
      onWritten: this.#upload?.spend,
      upgrade: this.#onTunnel === undefined ? undefined : 'websocket',
      isFresh: this.#hasRetriedStale,
    });
  }

  onInterim(attempt: Attempt, status: number, fields: string[]): void {
    // Other interim answers say nothing to the client of a gateway.
    const isHint = status === 103 && this.#exchange.req.httpVersionMinor > 0;
    if (!isHint || this.#onTunnel !== undefined) return;
    const passed = toInterimFields(this.#sourceOf(attempt), fields);
    if (passed.length > 0) this.#res.writeInformation(status, passed);
  }

  onHead(attempt: Attempt, status: number, reason: string, fields: string[]): Relay | undefined {
    const { ms } = attempt;
    this.#exchange.upstreamMs = ms;
    this.#deps.events.emit({ type: 'upstream-answered', upstream: attempt.upstream.name, status, ms });
    if (isGatewayStatus(status) && this.#retries(`status-${status}`)) return undefined;
    const isFailure = isGatewayStatus(status) || this.#plan.fallback?.status.includes(status) === true;
    if (isFailure && this.#fallsBack(`status-${status}`, 'maybe')) return undefined;
    return this.#relayHead(attempt, status, reason, fields);
  }

  #relayHead(attempt: Attempt, status: number, reason: string, fields: string[]): Relay | undefined {
    this.#exchange.served = this.#leg.side;
    const head = toResponseHead(this.#sourceOf(attempt), status, fields);
    const { tap } = this.#exchange;
    try {
      this.#relay = new Relay(this.#res, attempt.control, this.#deps.clock, { status, reason, head, tap });
    } catch (error) {
      attempt.abandon('bad');
      this.#exchange.served = undefined;
      const detail = `upstream ${attempt.upstream.name}: ${error instanceof Error ? error.message : 'bad head'}`;
      this.#failed({ code: 'upstream-protocol', reached: 'maybe', detail });
      return undefined;
    }
    tap?.onHead({ side: this.#leg.side, origin: attempt.permit.instance.origin, status, fields });
    this.#exchange.status = status;
    this.#watch.awaitBody(this.#relay);
    return this.#relay;
  }

  #sourceOf(attempt: Attempt): AnswerSource {
    return {
      exchange: this.#exchange,
      plan: this.#plan,
      leg: this.#leg,
      instance: attempt.permit.instance,
    };
  }

  onEnd(_attempt: Attempt, relay: Relay, trailers: string[]): void {
    this.#watch.stop();
    relay.end(trailers);
    this.#upload?.drop();
  }

  onUpgrade(attempt: Attempt, fields: string[], socket: Duplex): void {
    const { ms } = attempt;
    this.#watch.stop();
    this.#res.off('close', this.#onClose);
    this.#exchange.upstreamMs = ms;
    this.#exchange.status = 101;
    this.#exchange.served = this.#leg.side;
    this.#deps.events.emit({ type: 'upstream-answered', upstream: attempt.upstream.name, status: 101, ms });
    this.#onTunnel?.(this.#sourceOf(attempt), fields, socket, () => this.#finish());
  }

  onFailure(attempt: Attempt, failure: UpstreamFailure, relay: Relay | undefined): void {
    if (relay !== undefined) this.#cut(relay);
    else if (!this.#retriesStale(attempt, failure)) this.#failed(failure, attempt.permit.instance);
  }

  /** Once more, on a connection of its own; always allowed, and not counted. */
  #retriesStale(attempt: Attempt, failure: UpstreamFailure): boolean {
    const isAllowed = !this.#hasRetriedStale && this.#head.length === 0 && isRepeatable(this.#exchange);
    if (!isAllowed || !isStale(attempt, failure)) return false;
    this.#hasRetriedStale = true;
    this.#tries--;
    this.#deps.events.emit({ type: 'retried', upstream: attempt.upstream.name, reason: 'stale-connection' });
    this.#enter();
    return true;
  }

  /** There is no answer on this leg. `instance` is where the attempt went, if one was made. */
  #failed(failure: UpstreamFailure, instance?: Instance): void {
    this.#upload?.detach();
    const isUnconnected = instance !== undefined && failure.reached === 'no';
    if (isUnconnected && this.#retries(failure.code, instance)) return;
    if (this.#fallsBack(failure.code, failure.reached)) return;
    this.#refuse(toRefusal(failure));
  }

  /** @param avoid the instance to which no connection came about; then nothing was sent, whatever the method. */
  #retries(reason: string, avoid?: Instance): boolean {
    const { upstream } = this.#leg;
    const isAllowed = (avoid !== undefined || isRepeatable(this.#exchange)) && this.#isReplayable;
    if (!isAllowed || this.#tries >= upstream.attempts) return false;
    const delay = backoff(this.#tries);
    if (!this.#watch.hasTimeFor(delay) || !upstream.takeRetry()) return false;
    this.#upload?.detach();
    this.#deps.events.emit({ type: 'retried', upstream: upstream.name, reason });
    this.#cancelRetry = this.#deps.clock.after(delay, () => this.#enter(avoid));
    return true;
  }

  #fallsBack(reason: string, reached: UpstreamFailure['reached']): boolean {
    const rule = this.#plan.fallback;
    if (rule === undefined || this.#leg !== this.#plan.leg || !this.#isReplayable) return false;
    if (!isCovered(this.#exchange, rule, reached)) return false;
    this.#upload?.detach();
    this.#exchange.fallback = reason;
    this.#exchange.because = 'fallback';
    this.#deps.events.emit({ type: 'fell-back', route: this.#exchange.route, reason });
    this.#startLeg(rule.leg);
    return true;
  }

  get #isReplayable(): boolean {
    return this.#upload === undefined || this.#upload.isReplayable;
  }

  onLate(): void {
    const { timeout, name } = this.#leg.upstream;
    this.#turn++;
    this.#cancelRetry();
    const reached = this.#attempt?.isStarted === true ? 'maybe' : 'no';
    this.#attempt?.abandon('bad');
    this.#failed({
      code: 'upstream-timeout',
      reached,
      detail: `upstream ${name} gave no answer within ${formatDuration(timeout)}`,
    });
  }

  onSilent(relay: Relay): void {
    this.#attempt?.abandon('bad');
    this.#cut(relay);
  }

  #cut(relay: Relay): void {
    this.#exchange.tap?.onCut();
    relay.cut();
  }

  onClientSilent(): void {
    this.#res.destroy();
  }

  #tooLarge(length: number | undefined): Refusal {
    const given = length === undefined ? 'more' : formatSize(length);
    return new Refusal('body-too-large', `the body may have ${formatSize(this.#plan.maxBody)}, got ${given}`);
  }

  /** Ends without an answer, so that the caller gives one. */
  readonly #refuse = (reason: unknown): void => {
    if (this.#isOver) return;
    this.#end();
    this.#upload?.drop();
    this.#reject(reason);
  };

  /** The client has it all, or is gone. */
  readonly #onClose = (): void => {
    this.#exchange.isComplete = this.#relay?.isWhole === true && this.#res.writableFinished;
    this.#attempt?.abandon('unknown');
    this.#finish();
  };

  #finish(): void {
    if (this.#isOver) return;
    this.#end();
    this.#resolve();
  }

  #end(): void {
    this.#isOver = true;
    this.#turn++;
    this.#watch.stop();
    this.#cancelRetry();
    this.#res.off('close', this.#onClose);
    this.#exchange.bytesIn += this.#upload?.bytes ?? 0;
    this.#exchange.bytesOut += this.#relay?.bytes ?? 0;
  }
}
