import type { Side } from './vocabulary.ts';

/** The head of an answer that a client gets, as it came from the upstream. */
export interface TappedHead {
  readonly side: Side;
  /** Of the instance that answered: `http://127.0.0.1:4103`. */
  readonly origin: string;
  readonly status: number;
  /** Flat raw pairs. */
  readonly fields: readonly string[];
}

/**
 * Hears of what passes by between a client and the side that serves it. It changes and delays nothing, and never throws.
 * After `onEnd` or `onCut` it hears nothing more of the answer.
 */
export interface Tap {
  onHead(head: TappedHead): void;
  /** Bytes of the answer's body, still encoded; they are not written to again. */
  onBody(chunk: Uint8Array): void;
  /** The client reads more slowly than the upstream sends: from now on the time of the answer is the client's. */
  onPause(): void;
  /** The upstream has sent all of it. */
  onEnd(): void;
  /** The upstream broke off. */
  onCut(): void;
  /** Bytes of the request's body, once each, however often it is sent. */
  onUpload(chunk: Uint8Array): void;
  /** The client has sent all of it, and all of it was heard. */
  onUploadEnd(): void;
}
