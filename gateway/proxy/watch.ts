import type { Clock } from '../core/clock.ts';
import type { Relay } from './relay.ts';
import type { Upload } from './upload.ts';
import type { Upstream } from './upstream.ts';

/** What a watch tells. */
export interface WatchListener {
  /** There is no head in the upstream's `timeout`, which counts from the last byte of the body. */
  onLate(): void;
  /** The upstream has sent nothing of the body for its `idle`. */
  onSilent(relay: Relay): void;
  /** The client has sent nothing of its body for the upstream's `idle`, or its `timeout` if that is longer. */
  onClientSilent(): void;
}

/** Keeps the time of one exchange with one timer: before the head the deadline, after it the bound of silence. */
export class Watch {
  readonly #clock: Clock;
  readonly #listener: WatchListener;
  #upstream!: Upstream;
  #upload: Upload | undefined;
  #relay: Relay | undefined;
  /** Monotonic time by which there must be a head, unless the body takes longer. */
  #deadline = 0;
  #cancel: () => void = () => {};

  constructor(clock: Clock, listener: WatchListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  awaitHead(upstream: Upstream, upload: Upload | undefined): void {
    this.#upstream = upstream;
    this.#upload = upload;
    this.#deadline = this.#clock.now() + upstream.timeout;
    this.#set(upstream.timeout);
  }

  awaitBody(relay: Relay): void {
    this.#relay = relay;
    // The timer that runs is good enough where it fires before there can be silence.
    if (relay.isEventStream) this.stop();
    else if (!this.hasTimeFor(this.#upstream.idle)) return;
    else this.#set(this.#upstream.idle);
  }

  /** Whether something that takes so many milliseconds is done before the deadline. */
  hasTimeFor(ms: number): boolean {
    return this.#clock.now() + ms < this.#deadline;
  }

  stop(): void {
    this.#cancel();
  }

  #set(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(ms, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    if (this.#relay !== undefined) this.#checkBody(this.#relay);
    else if (this.#upload !== undefined) this.#checkUpload(this.#upload);
    else this.#listener.onLate();
  };

  #checkBody(relay: Relay): void {
    const { idle } = this.#upstream;
    const silence = relay.isPaused ? 0 : this.#clock.now() - relay.touchedAt;
    if (silence < idle) this.#set(idle - silence);
    else this.#listener.onSilent(relay);
  }

  /** A slow client is not the upstream's failure; one that has gone silent is let go. */
  #checkUpload(upload: Upload): void {
    const { idle, timeout } = this.#upstream;
    const silence = this.#clock.now() - upload.touchedAt;
    if (silence < timeout) this.#set(timeout - silence);
    else if (!upload.isAwaitingClient) this.#listener.onLate();
    else if (silence < idle) this.#set(idle - silence);
    else this.#listener.onClientSilent();
  }
}
