/** Bytes from which a chunk is worth a callback. */
const least = 16 * 1024;

/**
 * Whether the memory of a chunk can be freed by itself, and pays for it: V8 counts it for little, lets 64 MiB of such chunks
 * pile up and then goes through its whole heap to be rid of them. A slice is not, for its buffer may be other chunks too.
 */
export const isFreeable = (chunk: Uint8Array): boolean =>
  chunk.length >= least && chunk.length === chunk.buffer.byteLength;

/**
 * Frees the memory of a chunk that is `isFreeable`. Only for whoever is the last to hold it, and never while it is being
 * written: whoever reads it afterwards finds it empty (ECMA-262, ArrayBuffer.prototype.transfer).
 */
export function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
