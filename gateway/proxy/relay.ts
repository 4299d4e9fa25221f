import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Tap } from '../core/tap.ts';
import { type ResponseHead, toTrailers } from './response-head.ts';
import { free, isFreeable } from './spent.ts';
import type { TransportControl } from './transport.ts';

/** Bytes of a first chunk that may wait for the end of the answer: with the head they fit into one cheap write. */
const maxHeld = 8 * 1024;

/** One answer on its way to the client: as fast as the client reads, and never looking complete when it is not. */
export class Relay {
  readonly isEventStream: boolean;
  readonly #res: ServerResponse;
  readonly #control: TransportControl;
  readonly #clock: Clock;
  readonly #hasTrailers: boolean;
  readonly #tap: Tap | undefined;
  /** The head waits for the first chunk, and that for the end, which may come in the same tick. */
  #isHeld = true;
  #held: Buffer | undefined;
  /** Monotonic time of the last byte from the upstream. */
  touchedAt: number;
  /** Bytes of body. */
  bytes = 0;
  /** The client reads more slowly than the upstream sends. */
  isPaused = false;
  /** The upstream has sent all of it. */
  isWhole = false;

  /** Writes the head. Throws if Node refuses it; then nothing was sent. */
  constructor(
    res: ServerResponse,
    control: TransportControl,
    clock: Clock,
    answer: { status: number; reason: string; head: ResponseHead; tap: Tap | undefined },
  ) {
    this.#res = res;
    this.#control = control;
    this.#clock = clock;
    this.#hasTrailers = answer.head.hasTrailers;
    this.#tap = answer.tap;
    this.isEventStream = answer.head.isEventStream;
    this.touchedAt = clock.now();
    res.writeHead(answer.status, answer.reason, answer.head.fields);
    queueMicrotask(this.#release);
  }

  write(chunk: Buffer): void {
    this.touchedAt = this.#clock.now();
    this.bytes += chunk.length;
    this.#tap?.onBody(chunk);
    const held = this.#held;
    if (this.#isHeld && held === undefined && chunk.length <= maxHeld) {
      this.#held = chunk;
      return;
    }
    this.#isHeld = false;
    this.#held = undefined;
    if (held !== undefined) this.#pass(held);
    this.#pass(chunk);
  }

  #pass(chunk: Buffer): void {
    if (this.#write(chunk) || this.isPaused) return;
    this.isPaused = true;
    this.#tap?.onPause();
    this.#control.pause();
    this.#res.once('drain', () => {
      this.isPaused = false;
      this.touchedAt = this.#clock.now();
      this.#control.resume();
    });
  }

  /** A tap may hold on to what passes by. */
  #write(chunk: Buffer): boolean {
    if (this.#tap !== undefined || !isFreeable(chunk)) return this.#res.write(chunk);
    return this.#res.write(chunk, error => {
      if (!error) free(chunk);
    });
  }

  end(trailers: readonly string[]): void {
    this.isWhole = true;
    this.#isHeld = false;
    if (this.#hasTrailers && trailers.length > 0) this.#res.addTrailers(toTrailers(trailers));
    // Node joins the head to a string, and writes it apart from a buffer; latin-1 is byte for byte.
    if (this.#held === undefined) this.#res.end();
    else this.#res.end(this.#held.toString('latin1'), 'latin1');
    this.#held = undefined;
    this.#tap?.onEnd();
  }

  /** The upstream broke off: so does the connection to the client. */
  cut(): void {
    const { socket, req } = this.#res;
    // Without chunks the close is the end of an answer, so only a reset can say that this is not all of it. TLS has a
    // word for the end, which is not said here.
    if (req.httpVersionMinor === 0 && socket !== null && !('encrypted' in socket)) socket.resetAndDestroy();
    this.#res.destroy();
  }

  /** Not all of it came in one tick: what is there goes out. */
  readonly #release = (): void => {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const held = this.#held;
    this.#held = undefined;
    if (this.#res.destroyed) return;
    if (held === undefined) this.#res.flushHeaders();
    else this.#pass(held);
  };
}
