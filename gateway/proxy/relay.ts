import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Tap } from '../core/tap.ts';
import { type ResponseHead, toTrailers } from './response-head.ts';
import type { TransportControl } from './transport.ts';

/** One answer on its way to the client: as fast as the client reads, and never looking complete when it is not. */
export class Relay {
  readonly isEventStream: boolean;
  readonly #res: ServerResponse;
  readonly #control: TransportControl;
  readonly #clock: Clock;
  readonly #hasTrailers: boolean;
  readonly #tap: Tap | undefined;
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
    // Node holds the head back for the first chunk, which comes in this tick or is not there yet.
    queueMicrotask(this.#flush);
  }

  write(chunk: Buffer): void {
    this.touchedAt = this.#clock.now();
    this.bytes += chunk.length;
    this.#tap?.onBody(chunk);
    if (this.#res.write(chunk) || this.isPaused) return;
    this.isPaused = true;
    this.#tap?.onPause();
    this.#control.pause();
    this.#res.once('drain', () => {
      this.isPaused = false;
      this.touchedAt = this.#clock.now();
      this.#control.resume();
    });
  }

  end(trailers: readonly string[]): void {
    this.isWhole = true;
    if (this.#hasTrailers && trailers.length > 0) this.#res.addTrailers(toTrailers(trailers));
    this.#res.end();
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

  readonly #flush = (): void => {
    if (this.bytes === 0 && !this.isWhole && !this.#res.destroyed) this.#res.flushHeaders();
  };
}
