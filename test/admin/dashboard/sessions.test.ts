import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { attemptBound, attemptWindow } from '../../../gateway/admin/dashboard/attempts.ts';
import { createSessions, sessionAge, sessionBound } from '../../../gateway/admin/dashboard/sessions.ts';
import { makeToken, type OpenedAdmin, openAdminApp } from '../../kit/admin.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const viewer = makeToken('vera', 'viewer');
const operator = makeToken('olga', 'operator', ['orders-*']);
const admin = makeToken('adam', 'admin');
const secretOf = ({ header }: { header: string }) => header.slice('Bearer '.length);

const withTokens = {
  settings: () => ({ tokens: [viewer.entry, operator.entry, admin.entry], hosts: [] }),
};
const sameOrigin = { 'sec-fetch-site': 'same-origin' };
const reason = { reason: 'wrong totals' };

/** One server for all calls: the name of the cookie has its port. */
async function listen(opened: OpenedAdmin) {
  const server = opened.app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, [Symbol.dispose]: () => void server.close() };
}

async function logIn(server: Parameters<typeof request>[0], secret: string) {
  const { headers } = await request(server).post('/api/session').send({ token: secret }).expect(200);
  const [cookie = ''] = headers['set-cookie'] as unknown as string[];
  return { cookie: cookie.split(';')[0] ?? '', attributes: cookie };
}

describe('a session of the page', () => {
  it('begins with a token, and is a cookie that no script and no other site can use', async () => {
    using opened = openAdminApp(withTokens);
    using listening = await listen(opened);
    const { cookie, attributes } = await logIn(listening.server, secretOf(operator));
    expect(cookie).toMatch(/^figway-admin-\d+=[\w-]{43}$/);
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/api', `Max-Age=${sessionAge / 1000}`])
      expect(attributes).toContain(attribute);
    expect(attributes).not.toContain(secretOf(operator));
    const { body } = await request(listening.server).get('/api/session').set({ cookie }).expect(200);
    expect(body).toEqual({ id: 'olga', role: 'operator', routes: ['orders-*'], hasTokens: true });
  });

  it('may do what its token may, under its name, and nothing else', async () => {
    using opened = openAdminApp(withTokens);
    using listening = await listen(opened);
    const { cookie } = await logIn(listening.server, secretOf(operator));
    const post = (path: string) =>
      request(listening.server)
        .post(path)
        .set({ cookie, ...sameOrigin })
        .send(reason);
    await post('/api/routes/orders-read/hold').expect(200);
    expect(opened.holds.of('orders-read')?.by).toBe('olga');
    await post('/api/routes/users/hold').expect(403);
    await post('/api/hold').expect(403);
    const vera = await logIn(listening.server, secretOf(viewer));
    await request(listening.server).get('/api/status').set({ cookie: vera.cookie }).expect(200);
    const refused = await request(listening.server)
      .post('/api/routes/orders-read/hold')
      .set({ cookie: vera.cookie, ...sameOrigin })
      .send(reason)
      .expect(403);
    expect(refused.body.code).toBe('role-missing');
  });

  it('changes nothing for a call that does not say where it comes from, or comes from elsewhere', async () => {
    using opened = openAdminApp(withTokens);
    using listening = await listen(opened);
    const { cookie } = await logIn(listening.server, secretOf(admin));
    for (const fields of [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example.com' },
      { origin: 'null' },
    ]) {
      const { status, body } = await request(listening.server)
        .post('/api/hold')
        .set({ cookie, ...fields })
        .send(reason);
      expect([fields, status, body.code]).toEqual([fields, 403, 'origin-denied']);
    }
    expect(opened.holds.isEmpty).toBe(true);
  });

  it('is refused to a page of another site that would log its visitor in', async () => {
    using opened = openAdminApp(withTokens);
    const { body, headers } = await request(opened.app)
      .post('/api/session')
      .set('sec-fetch-site', 'cross-site')
      .send({ token: secretOf(admin) })
      .expect(403);
    expect(body.code).toBe('origin-denied');
    expect(headers).not.toHaveProperty('set-cookie');
    await request(opened.app)
      .post('/api/session')
      .type('form')
      .send(`token=${secretOf(admin)}`)
      .expect(415);
  });

  it('ends by logging out, by age, and with its token', async () => {
    let tokens = [viewer.entry, admin.entry];
    using opened = openAdminApp({ settings: () => ({ tokens, hosts: [] }) });
    using listening = await listen(opened);
    const isAlive = async (cookie: string) =>
      (await request(listening.server).get('/api/session').set({ cookie })).status === 200;

    const one = await logIn(listening.server, secretOf(admin));
    const { headers } = await request(listening.server)
      .post('/api/session/end')
      .set({ cookie: one.cookie, ...sameOrigin })
      .expect(200);
    expect(headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect(await isAlive(one.cookie)).toBe(false);

    const two = await logIn(listening.server, secretOf(admin));
    opened.clock.advance(sessionAge - 1);
    expect(await isAlive(two.cookie)).toBe(true);
    opened.clock.advance(1);
    expect(await isAlive(two.cookie)).toBe(false);

    const three = await logIn(listening.server, secretOf(viewer));
    tokens = [admin.entry];
    expect(await isAlive(three.cookie)).toBe(false);
    // Whoever still has the cookie may log in with another token.
    await request(listening.server)
      .post('/api/session')
      .set({ cookie: three.cookie, ...sameOrigin })
      .send({ token: secretOf(admin) })
      .expect(200);
  });

  it('is none where two cookies claim to be it, where it was made up, or of another port', async () => {
    using opened = openAdminApp(withTokens);
    using listening = await listen(opened);
    const { cookie } = await logIn(listening.server, secretOf(admin));
    const [name, id] = cookie.split('=');
    for (const made of [
      `${cookie}; ${name}=x`,
      `${name}=${'A'.repeat(43)}`,
      `figway-admin-1=${id}`,
      `${name}=`,
    ])
      await request(listening.server).get('/api/session').set({ cookie: made }).expect(401);
    await request(listening.server)
      .get('/api/session')
      .set({ cookie: `a=b; ${cookie}; c=d` })
      .expect(200);
  });

  it('does not count beside an Authorization that is wrong', async () => {
    using opened = openAdminApp(withTokens);
    using listening = await listen(opened);
    const { cookie } = await logIn(listening.server, secretOf(admin));
    await request(listening.server)
      .get('/api/status')
      .set({ cookie, authorization: 'Bearer guessed' })
      .expect(401);
  });

  it('makes room for a newer one: the oldest ends', () => {
    const sessions = createSessions(createManualClock());
    const asked = (id: string) =>
      ({
        socket: { localPort: 1 },
        headers: { cookie: `figway-admin-1=${id}` },
      }) as unknown as IncomingMessage;
    const [first, second] = Array.from({ length: sessionBound + 1 }, (_, at) =>
      sessions.begin(`token-${at}`),
    );
    expect(sessions.tokenOf(asked(first ?? ''))).toBeUndefined();
    expect(sessions.tokenOf(asked(second ?? ''))).toBe('token-1');
  });
});

describe('a login', () => {
  it('fails for a wrong token without repeating it, and after some failures for a while', async () => {
    using opened = openAdminApp(withTokens);
    const attempt = (token: string) => request(opened.app).post('/api/session').send({ token });
    for (let at = 0; at < attemptBound; at += 1) {
      const { body, text } = await attempt(`guess-${at}`).expect(401);
      expect(body.code).toBe('token-invalid');
      expect(text).not.toContain('guess-');
    }
    const refused = await attempt(secretOf(admin)).expect(429);
    expect(refused.body.code).toBe('limit-exceeded');
    expect(Number(refused.headers['retry-after'])).toBe(attemptWindow / 1000);
    opened.clock.advance(attemptWindow);
    await attempt(secretOf(admin)).expect(200);
  });

  it('is not needed where no token is set, and is still asked from this machine only', async () => {
    using opened = openAdminApp();
    const { body } = await request(opened.app).get('/api/session').expect(200);
    expect(body).toEqual({ id: 'loopback', role: 'admin', routes: null, hasTokens: false });
    const { headers } = await request(opened.app).post('/api/session').send({ token: 'x' }).expect(200);
    expect(headers).not.toHaveProperty('set-cookie');
    await request(opened.app).get('/').set('x-forwarded-for', '192.0.2.1').expect(403);
    await request(opened.app).get('/dashboard/main.js').set('x-forwarded-for', '192.0.2.1').expect(403);
  });
});
