import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Duplex } from 'node:stream';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../gateway/admin/caller.ts';
import { createEndpoints } from '../../gateway/admin/endpoints.ts';
import { isKnownHost } from '../../gateway/admin/same-origin.ts';
import { makeToken, openAdminApp } from '../kit/admin.ts';

const viewer = makeToken('vera', 'viewer');
const operator = makeToken('olga', 'operator', ['orders-*']);
const admin = makeToken('anna', 'admin');
const tokens = [viewer.entry, operator.entry, admin.entry];
const withTokens = { settings: () => ({ tokens, hosts: ['gateway.example.com'] }) };
const reason = { reason: 'because' };

/** Sends raw lines to the app over a real socket, and gives the status and the body. */
async function sendRaw(app: Parameters<typeof createServer>[1], ...lines: string[]) {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(`${[...lines, 'connection: close'].join('\r\n')}\r\n\r\n`);
  const text = (await socket.toArray()).join('');
  server.close();
  return { status: Number(text.slice(9, 12)), text };
}

/** A client that comes from `address`: no machine has to have it. */
async function sendFrom(address: string, app: Parameters<typeof createServer>[1], ...lines: string[]) {
  const server: Server = createServer(app);
  const said: Buffer[] = [];
  const client = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      said.push(chunk);
      done();
    },
  });
  server.emit('connection', Object.assign(client, { remoteAddress: address }));
  client.push(`${lines.join('\r\n')}\r\nhost: 127.0.0.1:8081\r\nconnection: close\r\n\r\n`);
  await once(client, 'finish');
  return Number(Buffer.concat(said).toString().slice(9, 12));
}

describe('the admin port without tokens', () => {
  it('answers on loopback, as admin', async () => {
    using opened = openAdminApp();
    await request(opened.app).get('/api/status').expect(200);
    await request(opened.app).post('/api/reload').expect(200);
  });

  it.each(['/livez', '/readyz', '/metrics', '/', '/api/status', '/nothing'])(
    'refuses a stranger from another machine: %s',
    async path => {
      using opened = openAdminApp();
      for (const address of ['192.0.2.7', '2001:db8::1', '::ffff:192.0.2.7', '10.0.0.1'])
        expect(await sendFrom(address, opened.app, `GET ${path} HTTP/1.1`)).toBe(403);
      expect(await sendFrom('127.0.0.1', opened.app, `GET ${path} HTTP/1.1`)).not.toBe(403);
    },
  );

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'refuses what a proxy on this machine passes on (%s)',
    async name => {
      using opened = openAdminApp();
      const answer = await request(opened.app).get('/api/status').set(name, 'for=192.0.2.7');
      expect(answer.status).toBe(403);
      expect(answer.body.code).toBe('address-denied');
    },
  );
});

describe('the admin port with tokens', () => {
  it('opens only the probes and /metrics without one, also to strangers', async () => {
    using opened = openAdminApp(withTokens);
    for (const { path, method, access } of createEndpoints(opened.deps)) {
      const { status } = await request(opened.app)[method](path.replace(':id', 'users'));
      // What a browser needs before it can show a token: the page, and the call that takes one.
      const expected = access === 'open' || path === '/' ? 200 : access === 'page' ? 400 : 401;
      expect([path, status]).toEqual([path, expected]);
    }
    expect(await sendFrom('192.0.2.7', opened.app, 'GET /livez HTTP/1.1')).toBe(200);
    expect(await sendFrom('192.0.2.7', opened.app, 'GET /api/status HTTP/1.1')).toBe(401);
    await request(opened.app).get('/nothing').expect(401);
    await request(opened.app).post('/livez').expect(401);
  });

  it('tells how to authenticate, and never repeats the token', async () => {
    using opened = openAdminApp(withTokens);
    const missing = await request(opened.app).get('/api/status').expect(401);
    expect(missing.headers['www-authenticate']).toContain('Bearer');
    expect(missing.body.code).toBe('token-missing');
    const wrong = await request(opened.app)
      .get('/api/status')
      .set('authorization', 'Bearer guessed')
      .expect(401);
    expect(wrong.body.code).toBe('token-invalid');
    expect(wrong.text).not.toContain('guessed');
  });

  it.each(['Basic dTpw', 'Bearer', 'Bearer a b', `Bearer ${viewer.entry.sha256}`, 'bearer\tx'])(
    'takes no other credential: %s',
    async authorization => {
      using opened = openAdminApp(withTokens);
      await request(opened.app).get('/api/status').set({ authorization }).expect(401);
    },
  );

  it('lets a viewer read and nothing else', async () => {
    using opened = openAdminApp(withTokens);
    for (const { path, method, access } of createEndpoints(opened.deps)) {
      if (
        access === 'open' ||
        access === 'page' ||
        ['/api/events', '/api/explain', '/api/comparisons/:id', '/api/routes/:id/gate'].includes(path)
      )
        continue;
      const { status, body } = await request(opened.app)
        [method](path.replace(':id', 'users'))
        .set('authorization', viewer.header);
      expect([path, status]).toEqual([path, access === 'viewer' ? 200 : 403]);
      if (access !== 'viewer') expect(body.code).toBe('role-missing');
    }
  });

  it('lets an operator move its own routes alone', async () => {
    using opened = openAdminApp(withTokens);
    const post = (path: string) =>
      request(opened.app).post(path).set('authorization', operator.header).send(reason);
    await post('/api/routes/orders-read/hold').expect(200);
    await post('/api/routes/users/hold').expect(403);
    await post('/api/routes/users/release').expect(403);
    await post('/api/hold').expect(403);
    await post('/api/release').expect(403);
    await post('/api/reload').expect(403);
    expect(opened.holds.of('orders-read')?.by).toBe('olga');
    expect(opened.holds.of('users')).toBeUndefined();
  });

  it('asks for the right to every route of a cohort', async () => {
    const moved: unknown[] = [];
    const split = makeToken('otto', 'operator', ['users']);
    using opened = openAdminApp({
      settings: () => ({ tokens: [split.entry], hosts: [] }),
      moveStage: async change => {
        moved.push(change);
        return { isDone: true, hash: '', revision: '' };
      },
    });
    const answer = await request(opened.app)
      .post('/api/cohorts/checkout/stage')
      .set('authorization', split.header)
      .send({ stage: 'shadow', ...reason });
    expect(answer.body).toMatchObject({ status: 403, code: 'role-missing' });
    expect(moved).toEqual([]);
  });

  it('lets an admin do everything', async () => {
    using opened = openAdminApp(withTokens);
    const post = (path: string) =>
      request(opened.app).post(path).set('authorization', admin.header).send(reason);
    await post('/api/hold').expect(200);
    await post('/api/release').expect(200);
    await post('/api/routes/users/hold').expect(200);
  });

  it('takes no token out of the query', async () => {
    using opened = openAdminApp(withTokens);
    await request(opened.app)
      .get(`/api/status?access_token=${admin.header.slice(7)}`)
      .expect(401);
  });
});

describe('the Host of a call', () => {
  it.each([
    ['127.0.0.1:8081', true],
    ['192.0.2.10', true],
    ['[::1]:8081', true],
    ['localhost:8081', true],
    ['LOCALHOST', true],
    ['gateway.localhost', true],
    ['gateway.example.com:8081', true],
    ['evil.example.com', false],
    ['gateway.example.com.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example', false],
    ['[::1', false],
    ['', false],
    ['user@127.0.0.1', false],
  ])('%s is known: %s', (host, isKnown) => {
    expect(isKnownHost(host, ['gateway.example.com'])).toBe(isKnown);
  });

  it('is checked on the wire, but for the probes and /metrics', async () => {
    using opened = openAdminApp();
    const ask = async (path: string, ...hosts: string[]) =>
      (await sendRaw(opened.app, `GET ${path} HTTP/1.1`, ...hosts.map(host => `Host: ${host}`))).status;
    expect(await ask('/api/status', '127.0.0.1')).toBe(200);
    expect(await ask('/api/status', 'rebound.example.com')).toBe(403);
    expect(await ask('/', 'rebound.example.com')).toBe(403);
    expect(await ask('/api/status', '127.0.0.1', 'rebound.example.com')).toBe(403);
    expect(await ask('/livez', 'pod.cluster.local')).toBe(200);
    expect(await ask('/metrics', 'pod.cluster.local')).toBe(200);
  });

  it('in an absolute-form target does not replace the field', async () => {
    using opened = openAdminApp();
    const { status } = await sendRaw(
      opened.app,
      'GET http://127.0.0.1/api/status HTTP/1.1',
      'Host: rebound.example.com',
    );
    expect(status).toBe(403);
  });
});

describe('the origin of a changing call', () => {
  it.each([
    [{}, 200],
    [{ origin: 'http://127.0.0.1:8081' }, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ origin: 'http://evil.example.com' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1:9999' }, 403],
    [{ origin: 'http://127.0.0.1:8081', 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://evil.example.com' }, 403],
  ])('%j is answered with %i', async (fields, status) => {
    using opened = openAdminApp();
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    const answer = await sendRaw(opened.app, 'POST /api/reload HTTP/1.1', 'Host: 127.0.0.1:8081', ...lines);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.text).toContain('origin-denied');
  });

  it('is checked for a token too', async () => {
    using opened = openAdminApp(withTokens);
    await request(opened.app)
      .post('/api/reload')
      .set({ authorization: admin.header, origin: 'http://evil.example.com' })
      .expect(403);
  });
});

it('knows loopback from what only looks like it', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
    expect(isLoopback(address)).toBe(true);
  for (const address of [
    '128.0.0.1',
    '::2',
    '1127.0.0.1',
    '::ffff:10.0.0.1',
    '',
    'unknown',
    '127.0.0.1.evil',
  ])
    expect(isLoopback(address)).toBe(false);
});
