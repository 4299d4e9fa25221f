import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { createServer as createSecureServer, request as requestSecurely } from 'node:https';
import { type AddressInfo, connect, createServer as createRawServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../gateway/core/clock.ts';
import type { Tap } from '../../gateway/core/tap.ts';
import { watchSocket } from '../../gateway/proxy/connection.ts';
import { Relay } from '../../gateway/proxy/relay.ts';
import type { ResponseHead } from '../../gateway/proxy/response-head.ts';
import { free, isFreeable } from '../../gateway/proxy/spent.ts';
import { openRig, planFor, upstreamAt } from '../kit/proxy-rig.ts';
import { sendRaw } from '../kit/raw.ts';
import { answerOf, ok, openScripted } from '../kit/scripted-upstream.ts';
import { openWorld } from '../kit/world.ts';

const MiB = 1024 * 1024;
const size = 24 * MiB;
const block = randomBytes(MiB);

const sha256 = async (chunks: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};

async function* blocks(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < size; sent += block.length) {
    // No two alike: a chunk that went twice, or in another's place, would show.
    block.writeUInt32LE(sent);
    yield Buffer.from(block);
  }
}

/** Bytes that the gateway has freed itself. */
let freed = 0;
const transfer = ArrayBuffer.prototype.transfer;

beforeEach(() => {
  freed = 0;
  vi.spyOn(ArrayBuffer.prototype, 'transfer').mockImplementation(function (this: ArrayBuffer, length) {
    freed += this.byteLength;
    return transfer.call(this, length);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A certificate of nobody's, for localhost and 127.0.0.1; it is its own authority. */
const cert = join(import.meta.dirname, 'files/localhost.pem');
const key = join(import.meta.dirname, 'files/localhost-key.pem');
const pair = { cert: readFileSync(cert), key: readFileSync(key) };

/** Says by `x-got` what it was sent, and sends 24 MiB of its own. */
async function openStore({ isChunked = false, isSecure = false } = {}) {
  const answer: RequestListener = async (req, res) => {
    res.setHeader('x-got', await sha256(req));
    if (!isChunked) res.setHeader('content-length', size);
    await pipeline(blocks, res).catch(() => res.destroy());
  };
  const server = isSecure ? createSecureServer(pair, answer) : createServer(answer);
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `${isSecure ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What the upstream got and what the client got, as hashes. */
async function exchange(url: string, isChunked = false): Promise<{ up: unknown; down: string }> {
  const headers = isChunked ? {} : { 'content-length': size };
  const options = { method: 'POST', headers, ca: pair.cert };
  const asked = url.startsWith('https') ? requestSecurely(url, options) : request(url, options);
  const [answer] = await Promise.all([
    new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('response', resolve).once('error', reject);
    }),
    pipeline(blocks, asked),
  ]);
  return { up: answer.headers['x-got'], down: await sha256(answer) };
}

test.each([false, true])('what has passed by is whole, and freed at once; chunked: %s', async isChunked => {
  const expected = await sha256(blocks());
  using store = await openStore({ isChunked });
  await using rig = await openRig({ plan: planFor(upstreamAt(store.origin)) });
  expect(await exchange(rig.url, isChunked)).toEqual({ up: expected, down: expected });
  // The client's chunks have a buffer each. An answer's may share one, where chunks are marked off.
  expect(freed).toBeGreaterThan(isChunked ? size / 2 : 1.5 * size);
});

test('over TLS on both sides it is whole, too', async () => {
  using store = await openStore({ isSecure: true });
  await using world = await openWorld(
    `
listen: { gateway: "127.0.0.1:0", tls: ${JSON.stringify({ cert, key })} }
monolith: legacy
edge: { maxBody: 1GiB }
upstreams: { legacy: { url: "${store.origin}", tls: ${JSON.stringify({ ca: cert })} } }
`,
    {},
  );
  const expected = await sha256(blocks());
  expect(await exchange(world.url)).toEqual({ up: expected, down: expected });
});

test('what a tap may hold on to is left alone', async () => {
  const chunks = { up: [] as Uint8Array[], down: [] as Uint8Array[] };
  const tap: Tap = {
    ...{ onHead() {}, onPause() {}, onEnd() {}, onCut() {}, onUploadEnd() {} },
    onBody: chunk => void chunks.down.push(chunk),
    onUpload: chunk => void chunks.up.push(chunk),
  };
  using store = await openStore();
  await using rig = await openRig({ plan: planFor(upstreamAt(store.origin)), tap });
  await exchange(rig.url);
  expect(freed).toBe(0);
  expect(Buffer.concat(chunks.up).length).toBe(size);
  expect(Buffer.concat(chunks.down).length).toBe(size);
});

test('a body that may be sent again is kept', async () => {
  const body = 'hello '.repeat(10_000);
  let asked = 0;
  let got = '';
  const upstream = await openScripted((bytes, { socket }) => {
    got += bytes;
    if (!got.endsWith(body)) return;
    got = '';
    socket.write(++asked === 1 ? answerOf(503, []) : ok);
  });
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin, { attempts: 2 })) });
  const head = `PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`;
  expect((await sendRaw(rig.url, head + body)).status).toBe(200);
  expect([asked, freed]).toEqual([2, 0]);
  await upstream.close();
});

test('a body that outgrows what is kept is not freed either: an attempt before may be writing it', async () => {
  const body = 'x'.repeat(MiB);
  const upstream = await openScripted((bytes, { socket }) => {
    if (bytes.endsWith('x!')) socket.write(ok);
  });
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin, { attempts: 2 })) });
  const head = `PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length + 1}\r\n\r\n`;
  expect((await sendRaw(rig.url, `${head}${body}!`)).status).toBe(200);
  expect(freed).toBe(0);
  await upstream.close();
});

/** Fresh chunks, more than the buffers of two sockets hold. */
const manyChunks = (): Uint8Array<ArrayBuffer>[] =>
  Array.from({ length: 400 }, () => new Uint8Array(new ArrayBuffer(64 * 1024)));
const freedOf = (chunks: readonly Uint8Array<ArrayBuffer>[]): boolean[] =>
  chunks.map(({ buffer }) => buffer.detached);

test('a chunk is not freed before it has been written, nor after a write that failed: to the client', async () => {
  const chunks = manyChunks();
  const control = { abort() {}, pause() {}, resume() {} };
  const ended = Promise.withResolvers<void>();
  const server = createServer((_, res) => {
    res.on('close', () => setTimeout(ended.resolve, 20));
    const head = { fields: [], hasTrailers: false, isEventStream: false } as unknown as ResponseHead;
    const relay = new Relay(res, control, systemClock, { status: 200, reason: 'OK', head, tap: undefined });
    for (const chunk of chunks) relay.write(Buffer.from(chunk.buffer));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await new Promise(resolve => client.once('readable', resolve));
  expect(freedOf(chunks).at(-1)).toBe(false);
  client.resetAndDestroy();
  await ended.promise;
  expect(freedOf(chunks).at(-1)).toBe(false);
  server.close();
});

test('a chunk is not told as written before it has been, nor after a write that failed: to the upstream', async () => {
  const chunks = manyChunks();
  const told: Uint8Array[] = [];
  const server = createRawServer(socket => socket.on('error', () => {}).pause());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  watchSocket(socket, { requests: 1, awaitsHead: false, onWritten: chunk => told.push(chunk) });
  for (const chunk of chunks) socket.write(chunk);
  await expect.poll(() => told.length).toBeGreaterThan(0);
  const before = told.length;
  expect(before).toBeLessThan(chunks.length);
  socket.destroy();
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(told).toEqual(chunks.slice(0, before));
  server.close();
});

test('a client that goes away in the middle frees nothing that is still being written', async () => {
  using store = await openStore();
  await using rig = await openRig({ plan: planFor(upstreamAt(store.origin)) });
  for (let i = 0; i < 20; i++) {
    const client = connect(Number(new URL(rig.url).port), '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await new Promise(resolve => client.once('data', resolve));
    client.pause();
    await new Promise(resolve => setTimeout(resolve, i));
    client.resetAndDestroy();
  }
  const expected = await sha256(blocks());
  expect(await exchange(rig.url)).toEqual({ up: expected, down: expected });
});

test('only a chunk that is all of its buffer is freed, and not a small one', () => {
  const buffer = new ArrayBuffer(64 * 1024);
  const whole = new Uint8Array(buffer);
  expect(isFreeable(whole)).toBe(true);
  expect(isFreeable(whole.subarray(1))).toBe(false);
  expect(isFreeable(new Uint8Array(1024))).toBe(false);
  free(whole);
  expect([buffer.detached, whole.length]).toEqual([true, 0]);
});
