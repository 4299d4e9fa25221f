import type { Duplex } from 'node:stream';
import { createFrameCounter, type FrameCounter } from './websocket-frames.ts';

/** `going away` (RFC 6455 §7.4.1) as a frame of a server, and as one of a client, whose mask of zero changes nothing. */
const closeFromServer = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
const closeFromClient = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9]);
/** A changed protocol in both directions, as fast as the slower side reads. */
export interface Tunnel {
  /** Ends both sides with a close frame of 1001 at the next frame boundary; what is still open after `ms` is cut. */
  goAway(ms: number): void;
}

/** How many bytes went each way. */
export interface TunnelBytes {
  readonly fromClient: number;
  readonly fromUpstream: number;
}

export function openTunnel(client: Duplex, upstream: Duplex, onClosed: (bytes: TunnelBytes) => void): Tunnel {
  const up = createFlow(client, upstream, closeFromClient);
  const down = createFlow(upstream, client, closeFromServer);
  let open = 2;
  const onClose = (): void => {
    // One side gone without a proper end: the other learns of it at once.
    client.destroy();
    upstream.destroy();
    if (--open === 0) onClosed({ fromClient: up.frames.bytes, fromUpstream: down.frames.bytes });
  };
  for (const side of [client, upstream]) {
    side.on('error', () => side.destroy());
    side.once('close', onClose);
  }
  return {
    goAway(ms) {
      up.goAway();
      down.goAway();
      const timer = setTimeout(() => {
        client.destroy();
        upstream.destroy();
      }, ms);
      timer.unref();
      client.once('close', () => clearTimeout(timer));
    },
  };
}

interface Flow {
  readonly frames: FrameCounter;
  goAway(): void;
}

/** One direction. */
function createFlow(from: Duplex, to: Duplex, closeFrame: Buffer): Flow {
  const frames = createFrameCounter();
  let isGoing = false;
  let isGone = false;

  const sendClose = (): void => {
    isGone = true;
    to.end(closeFrame);
  };
  from.on('data', (chunk: Buffer) => {
    if (isGone) return;
    const boundary = frames.count(chunk);
    if (isGoing && boundary >= 0) {
      to.write(chunk.subarray(0, boundary));
      return sendClose();
    }
    if (!to.write(chunk)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.once('end', () => {
    if (!isGone) to.end();
  });
  return {
    frames,
    goAway() {
      isGoing = true;
      if (!isGone && frames.isAtBoundary) sendClose();
    },
  };
}
