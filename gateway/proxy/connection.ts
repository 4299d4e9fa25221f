import type { Socket } from 'node:net';
import { isFreeable } from './spent.ts';
import type { TransportRequest } from './transport.ts';

/** What is known of the one connection that a client of undici holds at a time. */
export interface Connection {
  /** Requests written to it. */
  requests: number;
  /** The next bytes are the head of an answer, as far as is known. */
  awaitsHead: boolean;
  /** Of the request that is written now. */
  onWritten: TransportRequest['onWritten'];
}

/** Mends what undici makes of a 100, and tells what it does not. */
export function watchSocket(socket: Socket, connection: Connection): void {
  tolerateContinue(socket, connection);
  tellOfWrites(socket, connection);
}

/** undici says when it has handed a chunk to the socket, which holds on to it for longer. */
function tellOfWrites(socket: Socket, connection: Connection): void {
  const write = socket.write.bind(socket) as (chunk: unknown, encoding?: unknown, hear?: unknown) => boolean;
  socket.write = (chunk: unknown, encoding?: unknown, hear?: unknown) => {
    const { onWritten } = connection;
    const isOurs = onWritten !== undefined && encoding === undefined;
    if (!isOurs || !(chunk instanceof Uint8Array) || !isFreeable(chunk)) return write(chunk, encoding, hear);
    return write(chunk, (error: unknown) => {
      if (!error) onWritten(chunk);
    });
  };
}

/** undici takes an unasked `100 Continue` for an error, though RFC 9110 §15.2 has clients pass it by: it reads 102. */
function tolerateContinue(socket: Socket, connection: Connection): void {
  const read = socket.read.bind(socket);
  socket.read = size => {
    const chunk: unknown = read(size);
    if (connection.awaitsHead && Buffer.isBuffer(chunk) && isContinue(chunk)) chunk[11] = 0x32;
    return chunk;
  };
}

const isContinue = (bytes: Buffer): boolean =>
  bytes[9] === 0x31 &&
  bytes[10] === 0x30 &&
  bytes[11] === 0x30 &&
  bytes.toString('latin1', 0, 7) === 'HTTP/1.';
