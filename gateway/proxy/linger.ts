import type { Socket } from 'node:net';

/** Milliseconds that a client may go on sending after its last answer. */
const longest = 2000;

/**
 * Closes a connection whose client may still be sending: says goodbye and reads on for a moment. Closed at once it
 * would be reset by the bytes that nobody read, and a reset can take the answer from the client (RFC 9112 §9.6).
 */
export function closeGently(socket: Socket): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), longest);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

/** Makes Node's own closing, after the last answer on that connection, a gentle one. */
export function lingerOnClose(socket: Socket): void {
  socket.destroySoon = () => closeGently(socket);
}
