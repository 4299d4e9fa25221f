import { errors } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { fieldValue } from '../core/headers.ts';
import type { SkipReason } from '../core/outcome.ts';
import { isSafe, type Side } from '../core/vocabulary.ts';
import { Capture, type CaptureListener } from '../proxy/capture.ts';
import type { Leg } from '../proxy/plan.ts';
import { Copy, type CopyDeps } from './copy.ts';
import { failureOf, type Heard, judgePair } from './heard.ts';
import { hasBody, type Reask } from './reasking.ts';
import type { Shadowing } from './shadowing.ts';

/** What both sides said to one request, or why that cannot be compared. */
export type Pair =
  | {
      readonly kind: 'comparable';
      readonly legacy: Answered;
      readonly service: Answered;
      /** Legacy's second answer, where it was asked again and gave one. */
      readonly legacy2: Answered | undefined;
    }
  | {
      readonly kind: 'ended';
      readonly outcome: 'service-failed' | 'legacy-failed' | 'skipped';
      readonly skip: SkipReason | undefined;
      readonly detail: string | undefined;
    };

export type Answered = Extract<Heard, { kind: 'answered' }>;

export interface PairingDeps extends CopyDeps {
  readonly reask: Reask;
}

/**
 * One shadowed request until both sides have been heard: it listens in on what the client gets, and sends the copy. It
 * never touches the client's answer. It comes to exactly one end.
 */
export class Pairing implements CaptureListener {
  readonly exchange: Exchange;
  readonly shadowing: Shadowing;
  readonly capture: Capture;
  /** Where it stands among those that are open. */
  place = -1;
  readonly #deps: PairingDeps;
  readonly #done: (pairing: Pairing, pair: Pair) => void;
  readonly #copied: Side;
  readonly #hasBody: boolean;
  #stage: 'waiting' | 'sent' = 'waiting';
  #copies: Copy[] = [];
  #primary: Heard | undefined;
  #seen: Heard | undefined;
  #again: Heard | undefined;
  #isAsked = false;
  #isOver = false;

  constructor(
    exchange: Exchange,
    shadowing: Shadowing,
    deps: PairingDeps,
    done: (pairing: Pairing, pair: Pair) => void,
  ) {
    this.exchange = exchange;
    this.shadowing = shadowing;
    this.#deps = deps;
    this.#done = done;
    this.#copied = exchange.decision.shadow ?? 'service';
    this.#hasBody = hasBody(exchange);
    const { maxBody } = shadowing.config;
    this.capture = new Capture(
      { maxBody, maxUpload: maxBody, budget: deps.budget, hashing: deps.hashing, now: deps.clock.now },
      this,
    );
  }

  /** The side that did not serve. */
  get copied(): Side {
    return this.#copied;
  }

  /** Whether the times that both took say something about them. */
  get isTimed(): boolean {
    return !this.#hasBody && this.#deps.reask === 'no' && !this.capture.isHeldUp;
  }

  /** Of the request; empty for none. */
  get upload(): readonly Uint8Array[] {
    return this.capture.upload.chunks;
  }

  /** What was heard so far, whole. */
  get heard(): Readonly<Partial<Record<Side, Answered>>> {
    const [primary, seen] = [this.#primary, this.#seen];
    const served = this.capture.head?.side ?? this.exchange.decision.serve;
    return {
      ...(primary?.kind === 'answered' ? { [served]: primary } : {}),
      ...(seen?.kind === 'answered' ? { [this.#copied]: seen } : {}),
    };
  }

  /** Of legacy's answer, fit or not; 0 for none. */
  get legacyStatus(): number {
    const { head } = this.capture;
    return this.heard.legacy?.status ?? (head?.side === 'legacy' ? head.status : 0);
  }

  /** Sends the copy as soon as the client's own request is on its way, and nothing speaks against it. */
  open(): void {
    if (this.#hasBody || this.#deps.reask === 'first') return;
    setImmediate(this.#sendWhenAllowed);
  }

  onUploadEnd(): void {
    this.#sendWhenAllowed();
  }

  onUnfit(reason: SkipReason): void {
    this.#skip(reason);
  }

  onAnswerEnd(): void {
    const { head, end } = this.capture;
    if (head === undefined) return;
    const { side, status, fields, origin } = head;
    const isFallback = side !== this.exchange.decision.serve;
    const { body, ms } = this.capture;
    const heard: Heard =
      end === 'cut'
        ? { kind: 'failed', detail: 'the answer broke off' }
        : { kind: 'answered', status, fields, body, origin, ms };
    if (isFallback) this.#fellBack(heard);
    else this.#primaryDone(heard);
  }

  /** The client has its answer, or is gone. */
  finish(): void {
    if (this.#isOver || this.#primary !== undefined) return;
    const { refusal } = this.exchange;
    if (refusal === undefined) this.#skip('client-aborted');
    else if (isFarSide(refusal)) this.#primaryDone({ kind: 'failed', detail: refusal });
    else this.#skip('would-refuse');
  }

  /** Ends it here and now. */
  abandon(reason: SkipReason): void {
    this.#skip(reason);
  }

  /** Legacy's answer would be used for both sides (contract §3). */
  #fellBack(legacy: Heard): void {
    this.#primary = legacy;
    if (this.#endsWithLegacy(legacy)) return;
    this.#end('service-failed', `fallback: ${this.exchange.fallback ?? 'unknown'}`);
  }

  readonly #sendWhenAllowed = (): void => {
    const { observing } = this.exchange;
    if (observing === undefined) this.#send();
    else void observing.then(() => this.#send());
  };

  #send(): void {
    if (this.#isOver || this.#stage === 'sent') return;
    const isRefused = this.exchange.isUncopied || this.capture.upload.bytes > this.shadowing.maxUpload;
    if (isRefused) this.#skip('would-refuse');
    else this.#sendCopy();
  }

  #sendCopy(): void {
    this.#stage = 'sent';
    this.#ask(this.#copied, seen => {
      this.#seen = seen;
      this.#proceed();
    });
  }

  #ask(side: Side, hear: (seen: Heard) => void): void {
    const { exchange, shadowing } = this;
    const leg: Leg = shadowing.legs[side];
    const order = { exchange, leg, upload: this.capture.upload.chunks, maxBody: shadowing.config.maxBody };
    const copy = new Copy(order, this.#deps, seen => {
      if (this.#isOver) return;
      hear(seen);
    });
    this.#copies.push(copy);
    copy.send();
    if (this.#primary !== undefined) this.#hurry(copy, this.#primary);
  }

  #hurry(copy: Copy, primary: Heard): void {
    copy.hurry(this.#primaryMs(), primary.kind !== 'answered' || primary.body.isBeyond);
  }

  #primaryMs(): number {
    return this.capture.end === 'open' ? this.#deps.clock.now() - this.capture.startedAt : this.capture.ms;
  }

  #primaryDone(seen: Heard): void {
    if (this.#isOver || this.#primary !== undefined) return;
    this.#primary = seen;
    for (const copy of this.#copies) this.#hurry(copy, seen);
    if (this.#hasBody && !this.capture.hasUpload) this.#skip('undecodable-request');
    else this.#proceed();
  }

  /** Goes on as far as what was heard allows. */
  #proceed(): void {
    const primary = this.#primary;
    if (this.#isOver || primary === undefined) return;
    if (this.#copied === 'service' && this.#endsWithLegacy(primary)) return;
    if (this.#deps.reask === 'first' && this.#mayAskAgain(primary)) this.#askAgain();
    else if (this.#deps.reask === 'first' && this.#stage === 'waiting') this.#sendWhenAllowed();
    else if (this.#seen !== undefined && this.#stage === 'sent') this.#judge(primary, this.#seen);
  }

  #judge(primary: Heard, seen: Heard): void {
    const [legacy, service] = this.#copied === 'service' ? [primary, seen] : [seen, primary];
    const finding = judgePair(legacy, service);
    if (finding.kind === 'ended') this.#end(finding.outcome, finding.detail, finding.skip);
    else if (this.#deps.reask === 'last' && this.#mayAskAgain(legacy)) this.#askAgain();
    else if (!this.#isAsked || this.#again !== undefined)
      this.#compare(legacy as Answered, service as Answered);
  }

  /** Nothing that the service says can change how it ends. */
  #endsWithLegacy(legacy: Heard): boolean {
    const failure = failureOf(legacy);
    if (failure !== undefined) this.#end('legacy-failed', failure);
    return failure !== undefined;
  }

  /** Never where legacy set a cookie: asked again it would set another, on an account of a user's. */
  #mayAskAgain(legacy: Heard): boolean {
    if (this.#isAsked || legacy.kind !== 'answered') return false;
    return isSafe(this.exchange.method) && fieldValue(legacy.fields, 'set-cookie') === undefined;
  }

  #askAgain(): void {
    this.#isAsked = true;
    this.#ask('legacy', seen => {
      this.#again = seen;
      this.#proceed();
    });
  }

  #compare(legacy: Answered, service: Answered): void {
    const again = this.#again?.kind === 'answered' ? this.#again : undefined;
    const legacy2 = again !== undefined && again.status < 500 ? again : undefined;
    this.#close({ kind: 'comparable', legacy, service, legacy2 });
  }

  #skip(reason: SkipReason): void {
    this.#end('skipped', undefined, reason);
  }

  #end(outcome: Extract<Pair, { kind: 'ended' }>['outcome'], detail?: string, skip?: SkipReason): void {
    this.#close({ kind: 'ended', outcome, detail, skip });
  }

  #close(pair: Pair): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#done(this, pair);
    for (const copy of this.#copies) copy.drop();
    this.#copies = [];
    this.capture.drop();
  }
}

/** Whether there was no answer because of the far side, or of the bounds in front of it. */
const isFarSide = (code: keyof typeof errors): boolean =>
  errors[code].fault === 'upstream' || code === 'overloaded';
