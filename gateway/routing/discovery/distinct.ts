/** Registers beyond the exact set: about 3 % off (HyperLogLog). */
const registers = 1024;
const indexBits = 10;
/** Up to here each is known by its hash. */
const exact = 32;
const alpha = 0.7213 / (1 + 1.079 / registers);

/** How many distinct texts were added: exact up to 32, then within a few percent. A kilobyte at most. */
export class Distinct {
  #few: Set<number> | undefined = new Set();
  #many: Uint8Array | undefined = undefined;

  add(text: string): void {
    this.#addHash(hashOf(text));
  }

  merge(other: Distinct): void {
    for (const hash of other.#few ?? []) this.#addHash(hash);
    if (other.#many === undefined) return;
    const mine = this.#spread();
    for (const [at, rank] of other.#many.entries()) if (rank > (mine[at] ?? 0)) mine[at] = rank;
  }

  count(): number {
    if (this.#few !== undefined) return this.#few.size;
    let sum = 0;
    let empty = 0;
    for (const rank of this.#many ?? []) {
      sum += 2 ** -rank;
      if (rank === 0) empty += 1;
    }
    const raw = (alpha * registers * registers) / sum;
    const isSmall = raw <= 2.5 * registers && empty > 0;
    return Math.round(isSmall ? registers * Math.log(registers / empty) : raw);
  }

  #addHash(hash: number): void {
    if (this.#few?.has(hash)) return;
    if (this.#few !== undefined && this.#few.size < exact) this.#few.add(hash);
    else mark(this.#spread(), hash);
  }

  /** The registers, with what was known exactly until now. */
  #spread(): Uint8Array {
    if (this.#many !== undefined) return this.#many;
    const many = new Uint8Array(registers);
    for (const hash of this.#few ?? []) mark(many, hash);
    this.#few = undefined;
    this.#many = many;
    return many;
  }
}

function mark(many: Uint8Array, hash: number): void {
  const at = hash >>> (32 - indexBits);
  const rank = Math.clz32((hash << indexBits) | (1 << (indexBits - 1))) + 1;
  if (rank > (many[at] ?? 0)) many[at] = rank;
}

/** FNV-1a, and the last steps of MurmurHash3 so that near texts part. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
