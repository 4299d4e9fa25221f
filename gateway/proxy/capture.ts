import type { SkipReason } from '../core/outcome.ts';
import type { Tap, TappedHead } from '../core/tap.ts';
import { BoundedBody, type ByteBudget, type Hashing } from './bounded-body.ts';
import { isEventStreamType } from './response-head.ts';

export interface CaptureOptions {
  /** Bytes of the answer's body, as sent, and of the request's. */
  readonly maxBody: number;
  readonly maxUpload: number;
  readonly budget: ByteBudget;
  /** Of an answer beyond `maxBody`; without it such an answer is unfit. */
  readonly hashing?: Hashing | undefined;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
}

export interface CaptureListener {
  /** What passes by cannot be compared; nothing more is kept of it. Told once. */
  onUnfit(reason: SkipReason): void;
  /** The upstream has sent all of the answer, or broken off. Not told of an answer that is unfit. */
  onAnswerEnd(): void;
  /** The whole body of the request is there. */
  onUploadEnd(): void;
}

/**
 * A bounded tap: what a client got, and where it sent a body, that too. It holds on to the chunks that pass by, and never
 * copies them.
 */
export class Capture implements Tap {
  readonly body: BoundedBody;
  readonly upload: BoundedBody;
  readonly startedAt: number;
  readonly #now: () => number;
  readonly #listener: CaptureListener;
  head: TappedHead | undefined = undefined;
  /** `open` until the upstream ended or broke off; for good where the client went away before. */
  end: 'open' | 'whole' | 'cut' = 'open';
  hasUpload = false;
  /** Milliseconds to the end; meaningless while it is `open`. */
  ms = 0;
  /** The client was slower than the upstream. */
  isHeldUp = false;
  #isUnfit = false;

  constructor({ maxBody, maxUpload, budget, hashing, now }: CaptureOptions, listener: CaptureListener) {
    this.body = new BoundedBody(maxBody, budget, hashing);
    this.upload = new BoundedBody(maxUpload, budget);
    this.#now = now;
    this.startedAt = now();
    this.#listener = listener;
  }

  onHead(head: TappedHead): void {
    this.head = head;
    if (hasEventStream(head.fields)) this.#refuse('streaming');
  }

  onBody(chunk: Uint8Array): void {
    if (!this.#isUnfit && !this.body.add(chunk)) this.#refuse(this.body.excess ?? 'too-large');
  }

  onPause(): void {
    this.isHeldUp = true;
  }

  onEnd(): void {
    this.#finish('whole');
  }

  onCut(): void {
    this.#finish('cut');
  }

  onUpload(chunk: Uint8Array): void {
    if (!this.#isUnfit && !this.upload.add(chunk)) this.#refuse(this.upload.excess ?? 'too-large');
  }

  onUploadEnd(): void {
    this.hasUpload = true;
    if (!this.#isUnfit) this.#listener.onUploadEnd();
  }

  /** Lets go of all bytes. */
  drop(): void {
    this.#isUnfit = true;
    this.body.drop();
    this.upload.drop();
  }

  #finish(end: 'whole' | 'cut'): void {
    this.end = end;
    this.ms = this.#now() - this.startedAt;
    if (!this.#isUnfit) this.#listener.onAnswerEnd();
  }

  #refuse(reason: SkipReason): void {
    this.drop();
    this.#listener.onUnfit(reason);
  }
}

/** Whether an answer with these fields is an event stream, which has no end to wait for. */
export function hasEventStream(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.length === 12 && name.toLowerCase() === 'content-type')
      if (isEventStreamType(fields[i + 1] as string)) return true;
  }
  return false;
}
