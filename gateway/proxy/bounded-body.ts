import { createHash, type Hash } from 'node:crypto';
import type { SkipReason } from '../core/outcome.ts';

/** Bytes that all bodies together may hold at once. */
export interface ByteBudget {
  /** Whether there is room for so many more; takes it if so. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** How far bodies beyond their bound are hashed: it is done by the thread that serves clients. */
export interface Hashing {
  /** Bytes of one body. */
  readonly most: number;
  /** Whether so many more may be hashed now. */
  take(bytes: number): boolean;
}

/** All that is known of a body that was not kept. */
export interface BodyDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * A body as it comes, kept up to a bound of its own and a budget that it shares. Beyond its bound nothing of it is kept;
 * where it may be, it is hashed as it passes by.
 */
export class BoundedBody {
  readonly #bound: number;
  readonly #budget: ByteBudget;
  readonly #hashing: Hashing | undefined;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #hash: Hash | undefined;
  #digest: BodyDigest | undefined;
  /** All that came, kept or not. */
  bytes = 0;
  /** Why nothing is known of it; undefined while all of it is kept or hashed. */
  excess: Extract<SkipReason, 'too-large' | 'overload'> | undefined = undefined;

  constructor(bound: number, budget: ByteBudget, hashing?: Hashing) {
    this.#bound = bound;
    this.#budget = budget;
    this.#hashing = hashing;
  }

  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  /** It is longer than its bound. */
  get isBeyond(): boolean {
    return this.bytes > this.#bound;
  }

  /** Of a body that was hashed, once all of it has come: nothing can be added then. */
  get digest(): BodyDigest | undefined {
    if (this.#hash !== undefined && this.excess === undefined)
      this.#digest ??= { bytes: this.bytes, sha256: this.#hash.digest('hex') };
    return this.#digest;
  }

  /** False once nothing is known of it any more. */
  add(chunk: Uint8Array): boolean {
    this.bytes += chunk.length;
    if (this.excess !== undefined) return false;
    this.excess = this.isBeyond ? this.#addToHash(chunk) : this.#keep(chunk);
    if (this.excess === undefined) return true;
    this.drop();
    return false;
  }

  #keep(chunk: Uint8Array): BoundedBody['excess'] {
    if (!this.#budget.take(chunk.length)) return 'overload';
    this.#kept += chunk.length;
    this.#chunks.push(chunk);
    return undefined;
  }

  #addToHash(chunk: Uint8Array): BoundedBody['excess'] {
    if (this.#hashing === undefined || this.bytes > this.#hashing.most) return 'too-large';
    if (!this.#hashing.take(this.#kept + chunk.length)) return 'overload';
    this.#hash ??= createHash('sha256');
    for (const kept of this.#chunks) this.#hash.update(kept);
    this.#hash.update(chunk);
    this.drop();
    return undefined;
  }

  /** Lets go of what is kept. */
  drop(): void {
    this.#budget.give(this.#kept);
    this.#kept = 0;
    this.#chunks = [];
  }
}
