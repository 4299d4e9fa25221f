/** Opens keep-alive connections, sends one GET on each, then holds them: `idle-clients.ts <port> <count> <path>`. */
import net from 'node:net';

export interface IdleClients {
  /** Connections that got their answer and were kept. */
  readonly held: number;
  /** Connections that ended, before or after. */
  readonly lost: number;
}

const [port, count, path] = process.argv.slice(2);
const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`;
/** Connections that are being opened at a time. */
const width = 100;
let opened = 0;
let held = 0;
let lost = 0;

function open(): void {
  if (opened >= Number(count)) return;
  opened++;
  const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(request));
  socket.once('data', () => {
    held++;
    open();
  });
  socket.on('data', () => {});
  socket.on('error', () => {});
  socket.once('close', () => {
    lost++;
  });
}

process.on('message', () => process.send?.({ held, lost } satisfies IdleClients));
for (let i = 0; i < width; i++) open();
