import type { SkipReason } from '../core/outcome.ts';

/** Bytes that all bodies together may hold at once. */
export interface ByteBudget {
  /** Whether there is room for so many more; takes it if so. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** A body as it comes, kept up to a bound of its own and a budget that it shares; beyond either nothing of it is kept. */
export class BoundedBody {
  readonly #bound: number;
  readonly #budget: ByteBudget;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  /** All that came, kept or not. */
  bytes = 0;
  /** Why nothing of it is kept; undefined while all of it is. */
  excess: Extract<SkipReason, 'too-large' | 'overload'> | undefined = undefined;

  constructor(bound: number, budget: ByteBudget) {
    this.#bound = bound;
    this.#budget = budget;
  }

  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  /** False once it is beyond a bound. */
  add(chunk: Uint8Array): boolean {
    this.bytes += chunk.length;
    if (this.excess !== undefined) return false;
    if (this.bytes > this.#bound) this.excess = 'too-large';
    else if (!this.#budget.take(chunk.length)) this.excess = 'overload';
    else {
      this.#kept += chunk.length;
      this.#chunks.push(chunk);
      return true;
    }
    this.drop();
    return false;
  }

  /** Lets go of what is kept. */
  drop(): void {
    this.#budget.give(this.#kept);
    this.#kept = 0;
    this.#chunks = [];
  }
}
