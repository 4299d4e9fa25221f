import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { Refusal } from '../core/errors.ts';
import { bodyRefused } from '../core/exchange.ts';
import type { Tap } from '../core/tap.ts';
import { lingerOnClose } from './linger.ts';
import { free } from './spent.ts';

/** Bytes of a body that are kept, so that it can be sent again. */
const maxKept = 64 * 1024;
/** Milliseconds that a client may go on sending a body that nobody reads any more; then its connection is closed. */
const linger = 5000;

export interface UploadOptions {
  /** Bytes; beyond it the upload fails. */
  readonly maxBody: number;
  /** Whether what is read is kept for another attempt, up to 64 KiB. */
  readonly isKept: boolean;
  readonly clock: Clock;
  readonly tap: Tap | undefined;
  /** Called once, before the first byte is read on behalf of an upstream. */
  readonly onFirstRead: () => void;
  /** Called once, when more than `maxBody` has come. */
  readonly onTooLarge: () => void;
  /** Called once, when the client sent a malformed chunk. */
  readonly onRefused: (refusal: Refusal) => void;
}

/**
 * A client's request body on its way to an upstream, or, after a failed attempt, to another. It is read no faster than
 * it is written, and never destroyed by the attempt that reads it. Where it breaks off, so does the response, by which the
 * attempt is ended.
 */
export class Upload {
  readonly #req: IncomingMessage;
  readonly #options: UploadOptions;
  #kept: Buffer[] | undefined;
  #reader: UploadReader | undefined;
  #isListening = false;
  #isEnded = false;
  #isDropped = false;
  bytes = 0;
  /** Monotonic time of the last byte, or of the beginning. */
  touchedAt: number;

  constructor(req: IncomingMessage, options: UploadOptions) {
    this.#req = req;
    this.#options = options;
    this.#kept = options.isKept ? [] : undefined;
    this.touchedAt = options.clock.now();
    req.once(bodyRefused, options.onRefused);
  }

  /** Whether the client has sent all of it. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether it stands still because the client sends nothing, and not because the upstream reads nothing. */
  get isAwaitingClient(): boolean {
    return !this.#isEnded && this.#isListening && !this.#req.isPaused();
  }

  /** Whether another attempt can send it from the start: nothing has been read, or all that was read is kept. */
  get isReplayable(): boolean {
    return this.bytes === 0 || this.#kept !== undefined;
  }

  /** The body from its start, for one attempt; the reader before it gets nothing more. */
  open(): Readable {
    const reader = new UploadReader(() => this.#read());
    this.#reader = reader;
    for (const chunk of this.#kept ?? []) reader.push(chunk);
    if (this.#isEnded) reader.push(null);
    return reader;
  }

  /**
   * Frees a chunk that has been written to an upstream, unless somebody might want it again. Where a body may be kept none
   * is, not even those beyond what is kept: two attempts can be writing the same.
   */
  readonly spend = (chunk: Uint8Array): void => {
    const { isKept, tap } = this.#options;
    if (!isKept && tap === undefined) free(chunk);
  };

  /** The attempt that reads is over: what else comes waits for the next one. */
  detach(): void {
    this.#reader = undefined;
    if (!this.#isEnded && this.#isListening) this.#req.pause();
  }

  /** Nobody wants the rest: it is read and forgotten, for some seconds, so that the client gets to read its answer. */
  drop(): void {
    if (this.#isDropped || this.#isEnded) return;
    this.#isDropped = true;
    this.#reader = undefined;
    this.#kept = undefined;
    this.#pull();
    const { socket } = this.#req;
    lingerOnClose(socket);
    const timer = setTimeout(() => {
      if (!this.#isEnded) socket.destroy();
    }, linger);
    timer.unref();
    this.#req.once('close', () => clearTimeout(timer));
  }

  #read(): void {
    if (!this.#isListening) this.#options.onFirstRead();
    this.#pull();
  }

  #pull(): void {
    if (!this.#isListening) {
      this.#isListening = true;
      this.#req.on('data', this.#onData);
      this.#req.once('end', this.#onEnd);
    }
    this.#req.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isDropped) return;
    this.bytes += chunk.length;
    this.touchedAt = this.#options.clock.now();
    if (this.bytes > this.#options.maxBody) {
      this.#options.onTooLarge();
      return;
    }
    this.#options.tap?.onUpload(chunk);
    if (this.bytes > maxKept) this.#kept = undefined;
    else this.#kept?.push(chunk);
    if (this.#reader?.push(chunk) === false) this.#req.pause();
  };

  readonly #onEnd = (): void => {
    this.#isEnded = true;
    this.#reader?.push(null);
    if (!this.#isDropped) this.#options.tap?.onUploadEnd();
  };
}

/** What one attempt reads. */
class UploadReader extends Readable {
  readonly #pull: () => void;

  constructor(pull: () => void) {
    super({ highWaterMark: 64 * 1024 });
    this.#pull = pull;
    // It may break off after the attempt that read it has let go of it.
    this.on('error', () => {});
  }

  override _read(): void {
    this.#pull();
  }
}
