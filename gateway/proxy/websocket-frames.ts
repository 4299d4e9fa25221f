/** Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) without looking into them. */
export interface FrameCounter {
  /** Bytes seen. */
  readonly bytes: number;
  /** Whether the last byte seen was the last one of a frame. */
  readonly isAtBoundary: boolean;
  /** Takes the next bytes; returns the place after the last frame that ends within them, or -1 if none does. */
  count(chunk: Buffer): number;
}

export function createFrameCounter(): FrameCounter {
  const header = Buffer.alloc(10);
  let headerLength = 0;
  /** Bytes of the current frame that are still to come after its header; undefined within the header. */
  let remaining: number | undefined;
  let bytes = 0;

  return {
    get bytes() {
      return bytes;
    },
    get isAtBoundary() {
      return headerLength === 0;
    },
    count(chunk) {
      bytes += chunk.length;
      let boundary = -1;
      let at = 0;
      while (at < chunk.length) {
        if (remaining === undefined) {
          header[headerLength++] = chunk[at++] as number;
          remaining = afterHeader(header, headerLength);
        } else {
          const taken = Math.min(remaining, chunk.length - at);
          remaining -= taken;
          at += taken;
        }
        if (remaining === 0) {
          remaining = undefined;
          headerLength = 0;
          boundary = at;
        }
      }
      return boundary;
    },
  };
}

/** Bytes of mask and payload that follow, once enough of the header is there to tell. */
function afterHeader(header: Buffer, length: number): number | undefined {
  if (length < 2) return undefined;
  const second = header[1] as number;
  const mask = second >= 0x80 ? 4 : 0;
  const short = second & 0x7f;
  if (short < 126) return length === 2 ? mask + short : undefined;
  if (short === 126) return length === 4 ? mask + header.readUInt16BE(2) : undefined;
  return length === 10 ? mask + Number(header.readBigUInt64BE(2)) : undefined;
}
