import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type Authority, createAuthority, hasOpenssl, readPair } from '../kit/certificates.ts';
import { openFolder } from '../kit/files.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { openWorld } from '../kit/world.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Name of the certificate that the server showed. */
  readonly subject: string;
}

/** One request on a connection of its own. */
const ask = (url: string, options: ConnectionOptions, path = '/'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const req = request(`${url}${path}`, { ...options, agent: false }, res => {
      const subject = String((res.socket as TLSSocket).getPeerCertificate().subject.CN);
      let body = '';
      res.on('data', chunk => {
        body += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body, subject }));
    });
    req.on('error', reject);
    req.end();
  });

/** What comes back for bytes over TLS, until the server closes. */
const talk = (url: string, options: ConnectionOptions, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', ...options });
    let got = '';
    socket.on('secureConnect', () => socket.write(bytes));
    socket.on('data', chunk => {
      got += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(got));
    socket.on('error', error => (got === '' ? reject(error) : resolve(got)));
  });

const yaml = (tls: string): string =>
  `listen: { gateway: "127.0.0.1:0", tls: ${tls} }\nmonolith: legacy\nupstreams: { legacy: { url: "\${legacy}" } }\n`;

const said = (_: unknown, res: import('node:http').ServerResponse): void => void res.end('legacy');

describe.skipIf(!hasOpenssl)('TLS on the port of the gateway (needs openssl)', () => {
  const open = async (more: (folder: string, authority: Authority) => string = () => '') => {
    const folder = await openFolder();
    const authority = await createAuthority(folder.path);
    const { cert, key } = await authority.sign('first');
    await copyFile(cert, folder.at('server.pem'));
    await copyFile(key, folder.at('server.key'));
    const tls = `{ cert: ${folder.at('server.pem')}, key: ${folder.at('server.key')}${more(folder.path, authority)} }`;
    const world = await openWorld(yaml(tls), { legacy: said });
    const ca = await readFile(authority.file, 'utf8');
    return {
      ...{ folder, authority, world, ca, url: world.url },
      async [Symbol.asyncDispose]() {
        await world[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  };

  it('serves HTTP/1.1 over TLS 1.2 and later, and says https to upstreams', async () => {
    await using shop = await open();
    expect(shop.url).toMatch(/^https:/);
    expect(await ask(shop.url, { ca: shop.ca })).toEqual({ status: 200, body: 'legacy', subject: 'first' });
    expect(shop.world.upstreams.legacy.seen[0]?.headers).toMatchObject({ 'x-forwarded-proto': 'https' });
    await expect(
      ask(shop.url, { ca: shop.ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }),
    ).rejects.toThrow();
    expect(await ask(shop.url, { ca: shop.ca, maxVersion: 'TLSv1.2' })).toMatchObject({ status: 200 });
    const socket = connect({
      port: Number(new URL(shop.url).port),
      ca: shop.ca,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await new Promise(resolve => socket.once('secureConnect', resolve));
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });

  it('answers a malformed message with the same problem as over plain TCP', async () => {
    await using shop = await open();
    const got = await talk(shop.url, { ca: shop.ca }, 'GET / HTTP/1.1\r\nHost : shop\r\n\r\n');
    expect(got).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"bad-message"/);
    const big = `GET / HTTP/1.1\r\nHost: shop\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`;
    expect(await talk(shop.url, { ca: shop.ca }, big)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('outlives a client that speaks no TLS, one that breaks off the handshake, and an HTTP/1.0 one that is cut', async () => {
    await using shop = await open();
    await expect(fetch(shop.url.replace('https', 'http'))).rejects.toThrow();
    await expect(ask(shop.url, {})).rejects.toThrow(/certificate/);
    shop.world.upstreams.legacy.answer((_, res) => {
      res.writeHead(200, { 'content-length': 100 });
      res.write('half');
      setTimeout(() => res.destroy(), 20);
    });
    expect(await talk(shop.url, { ca: shop.ca }, 'GET / HTTP/1.0\r\nHost: shop\r\n\r\n')).toMatch(/half$/);
    shop.world.upstreams.legacy.answer(said);
    expect(await ask(shop.url, { ca: shop.ca })).toMatchObject({ status: 200 });
  });

  it('says that taking TLS away waits for a restart, and goes on speaking it', async () => {
    await using shop = await open();
    expect((await shop.world.edit(yaml('').replace(', tls: ', ''))).isGood).toBe(true);
    expect(await ask(shop.url, { ca: shop.ca })).toMatchObject({ status: 200, subject: 'first' });
    const { attention } = (await (await fetch(`${shop.world.adminUrl}/api/status`)).json()) as {
      attention: { text: string }[];
    };
    expect(attention.map(({ text }) => text)).toContain(
      'changed in the file, and settled at the start: listen.tls',
    );
  });

  it('carries WebSockets', async () => {
    await using shop = await open();
    shop.world.upstreams.legacy.server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.pipe(socket);
    });
    const socket = connect({ port: Number(new URL(shop.url).port), host: '127.0.0.1', ca: shop.ca });
    let got = '';
    socket.on('data', chunk => {
      got += chunk.toString('latin1');
    });
    socket.write(
      'GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await eventually(() => got.includes('101 Switching'), 'the upgrade');
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    await eventually(() => got.endsWith('hi'), 'the echo');
    socket.destroy();
  });

  it('takes renewed certificates without a restart or a closed connection, and keeps the last good ones', async () => {
    await using shop = await open();
    const { folder, authority, world, url, ca } = shop;
    const next = await authority.sign('second');
    await writeFile(folder.at('server.key'), 'broken');
    const refused = await world.gateway.reload();
    expect(refused.problems.map(({ code, path }) => [code, path.join('.')])).toEqual([
      ['bad-certificate', 'listen.tls.key'],
    ]);
    expect(await ask(url, { ca })).toMatchObject({ status: 200, subject: 'first' });
    const texts = await readPair(next);
    await writeFile(folder.at('server.pem'), texts.cert);
    await writeFile(folder.at('server.key'), texts.key);
    // The watcher sees it by itself.
    let subject = '';
    await expect
      .poll(async () => (subject = (await ask(url, { ca })).subject), { timeout: 8000 })
      .toBe('second');
    expect(subject).toBe('second');
  });

  it('with clientCa serves nobody without a certificate that it signed, from the next reload on too', async () => {
    await using shop = await open();
    const { folder, authority, world, url, ca } = shop;
    const client = await readPair(await authority.sign('client'));
    const strangers = await createAuthority(folder.path, 'strangers');
    const stranger = await readPair(await strangers.sign('stranger'));
    const expired = await readPair(await authority.sign('expired', -1));
    expect(await ask(url, { ca })).toMatchObject({ status: 200 });
    const tls = `{ cert: ${folder.at('server.pem')}, key: ${folder.at('server.key')}, clientCa: ${authority.file} }`;
    expect((await world.edit(yaml(tls))).isGood).toBe(true);
    await expect(ask(url, { ca })).rejects.toThrow();
    await expect(ask(url, { ca, ...stranger })).rejects.toThrow();
    await expect(ask(url, { ca, ...expired })).rejects.toThrow();
    expect(await ask(url, { ca, ...client })).toMatchObject({ status: 200 });
    const before = world.upstreams.legacy.seen.length;
    await expect(ask(url, { ca })).rejects.toThrow();
    expect(world.upstreams.legacy.seen).toHaveLength(before);
  });
});
