import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../extracted-services/chassis/auth.ts';
import type { Endpoint } from '../../../extracted-services/chassis/endpoint.ts';
import { Problem } from '../../../extracted-services/chassis/problem.ts';
import { type Service, startService } from '../../../extracted-services/chassis/service.ts';
import { type Issuer, openIssuer } from '../../kit/issuer.ts';

let issuer: Issuer;
let service: Service;
let isReady = true;
const log: Record<string, unknown>[] = [];
const openapi = { openapi: '3.1.0' };

const endpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/v1/things/:id/parts/:part',
    access: 'open',
    handle: ({ params, query, caller }) => ({
      status: 200,
      body: { ...params, q: query.get('q'), sub: caller.sub },
    }),
  },
  { method: 'GET', path: '/v1/things/:id', access: 'open', handle: () => ({ status: 200, body: 'by id' }) },
  { method: 'GET', path: '/v1/things/me', access: 'open', handle: () => ({ status: 200, body: 'me' }) },
  {
    method: 'PUT',
    path: '/v1/things/:id',
    access: { scopes: ['things:write', 'things:read'] },
    handle: async call => ({ status: 200, body: { got: call.json(), by: call.caller.sub } }),
  },
  {
    method: 'DELETE',
    path: '/v1/things/:id',
    access: { caller: 'any' },
    handle: () => ({ status: 204, body: undefined }),
  },
  {
    method: 'POST',
    path: '/v1/forms',
    access: 'open',
    takes: 'form',
    handle: ({ body }) => ({ status: 200, body: `${body}` }),
  },
  {
    method: 'POST',
    path: '/v1/json',
    access: 'open',
    handle: call => ({ status: 200, body: { length: call.body.length } }),
  },
  {
    method: 'GET',
    path: '/v1/broken',
    access: 'open',
    handle: () => {
      throw new Error('a secret inside');
    },
  },
  {
    method: 'GET',
    path: '/v1/refused',
    access: 'open',
    handle: async () => {
      throw new Problem(409, 'not-now', 'later', { errors: [{ field: 'x', detail: 'y' }] });
    },
  },
];

beforeAll(async () => {
  issuer = await openIssuer();
  service = await startService({
    name: 'things',
    endpoints,
    openapi,
    authority: createAuthority({
      issuers: [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }],
    }),
    isReady: async () => isReady,
    log: line => log.push(JSON.parse(line)),
  });
});
afterAll(async () => {
  await service.close();
  await issuer[Symbol.asyncDispose]();
});

const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(service.url + path, init);
const put = (authorization: string | undefined, body = '{}'): Promise<Response> =>
  ask('/v1/things/7', {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
  });

describe('an endpoint', () => {
  it('gets what stands for each name, decoded, and the query', async () => {
    const answer = await ask('/v1/things/a%20b/parts/9?q=x');
    expect(await answer.json()).toEqual({ id: 'a b', part: '9', q: 'x', sub: '' });
  });

  it('with a literal segment goes before one with a name', async () => {
    expect(await (await ask('/v1/things/me')).text()).toBe('me');
    expect(await (await ask('/v1/things/mine')).text()).toBe('by id');
  });

  it('is not there: 404; there for other methods: 405 that names them', async () => {
    expect((await ask('/v1/thing')).status).toBe(404);
    const answer = await ask('/v1/things/7', { method: 'PATCH' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, DELETE']);
  });

  it('refuses an invalid escape in its path', async () => {
    expect((await ask('/v1/things/%zz/parts/1')).status).toBe(400);
  });

  it('answers HEAD as GET, without the body', async () => {
    const answer = await ask('/v1/things/me', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
      200,
      '2',
      '',
    ]);
  });

  it('answers 304 to who has it already', async () => {
    const first = await ask('/v1/things/1/parts/2');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    expect((await ask('/v1/things/1/parts/2', { headers })).status).toBe(304);
    expect((await ask('/v1/things/1/parts/3', { headers })).status).toBe(200);
  });

  it('takes the type that it names, and an absent body without a type', async () => {
    const form = { method: 'POST', body: new URLSearchParams({ a: '1' }) };
    expect(await (await ask('/v1/forms', form)).text()).toBe('a=1');
    expect((await ask('/v1/json', form)).status).toBe(415);
    expect(await (await ask('/v1/json', { method: 'POST' })).json()).toEqual({ length: 0 });
  });

  it('turns what is thrown into a problem, and shows nothing of what nobody expected', async () => {
    const refused = await ask('/v1/refused', { headers: { 'x-request-id': 'r-9' } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([409, 'application/problem+json']);
    expect(await refused.json()).toEqual({
      type: 'https://figway.dev/demo/things/not-now',
      title: 'not now',
      status: 409,
      detail: 'later',
      instance: 'r-9',
      code: 'not-now',
      errors: [{ field: 'x', detail: 'y' }],
    });
    const broken = await ask('/v1/broken');
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
    expect(log.some(line => line.level === 'error' && String(line.msg).includes('a secret inside'))).toBe(
      true,
    );
  });
});

describe('access', () => {
  const all = { scope: 'things:read things:write' };

  it('is refused without a token, with 401 and how to ask', async () => {
    const answer = await put(undefined);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="shop"']);
    expect(await answer.json()).toMatchObject({ code: 'token-missing' });
  });

  it('is refused with too few scopes, with 403 that names the missing one', async () => {
    const answer = await put(`Bearer ${issuer.token({ scope: 'things:read' })}`);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer realm="shop", error="insufficient_scope", scope="things:write things:read"',
    ]);
    expect(await answer.json()).toMatchObject({
      code: 'scope-missing',
      detail: expect.stringMatching(/write$/),
    });
  });

  it('is given with all of them, and the endpoint knows who it is', async () => {
    const answer = await put(`Bearer ${issuer.token(all)}`, '{"a":1}');
    expect(await answer.json()).toEqual({ got: { a: 1 }, by: 'alice' });
  });

  it('is given to any caller where any will do', async () => {
    const headers = { authorization: `Bearer ${issuer.token()}` };
    const answer = await ask('/v1/things/7', { method: 'DELETE', headers });
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect((await ask('/v1/things/7', { method: 'DELETE' })).status).toBe(401);
  });

  it('is decided before the body is read', async () => {
    expect((await put(undefined, 'x'.repeat(70_000))).status).toBe(401);
  });

  it('names the field `$` for a body that is no JSON', async () => {
    const answer = await put(`Bearer ${issuer.token(all)}`, '{');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'bad-json', errors: [{ field: '$' }] });
  });

  it('cannot be forgotten: an endpoint that is not open does not start without an authority', async () => {
    await expect(startService({ name: 'x', endpoints, openapi })).rejects.toThrow(/no authority/);
  });
});

describe('a body', () => {
  it('has at most 64 KiB, declared or not', async () => {
    const headers = { 'content-type': 'application/json' };
    const declared = await ask('/v1/json', { method: 'POST', body: 'x'.repeat(65_537), headers });
    expect(declared.status).toBe(413);
    const whole = await ask('/v1/json', { method: 'POST', body: 'x'.repeat(65_536), headers });
    expect(whole.status).toBe(200);
    const req = request(`${service.url}/v1/json`, { method: 'POST', headers });
    req.on('error', () => {});
    req.write('x'.repeat(40_000));
    req.write('x'.repeat(40_000));
    const [res] = await once(req, 'response');
    expect(res.statusCode).toBe(413);
    req.destroy();
  });
});

describe('a client that goes away in the middle of its body', () => {
  it('is no error of the service', async () => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'gone' };
    const req = request(`${service.url}/v1/json`, { method: 'POST', headers });
    req.on('error', () => {});
    req.write('{');
    await once(req, 'socket');
    await expect.poll(async () => (await ask('/livez')).status).toBe(200);
    req.destroy();
    await expect
      .poll(() => log.filter(line => line.request_id === 'gone'))
      .toEqual([expect.objectContaining({ level: 'info', msg: 'request', status: 400 })]);
  });
});

describe('every service', () => {
  it('has its probes, its figures and its description, open to all', async () => {
    expect((await ask('/livez')).status).toBe(200);
    expect((await ask('/readyz')).status).toBe(200);
    expect(await (await ask('/openapi.json')).json()).toEqual(openapi);
    await ask('/v1/things/secret');
    const text = await (await ask('/metrics')).text();
    expect(text).toContain(
      'http_server_request_duration_seconds_count{http_route="/v1/things/:id",http_request_method="GET",http_response_status_code="200"}',
    );
    expect(text).not.toContain('secret');
  });

  it('is not ready while it says so', async () => {
    isReady = false;
    expect((await ask('/readyz')).status).toBe(503);
    isReady = true;
  });

  it('logs a request under the trace and the id that it came with, and no probe that succeeds', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, 'x-request-id': 'r-1' };
    await ask('/livez', { headers: { 'x-request-id': 'probe' } });
    await ask('/v1/things/me', { headers });
    await expect
      .poll(() => log.find(line => line.request_id === 'r-1'))
      .toMatchObject({
        level: 'info',
        service: 'things',
        trace_id: trace,
        route: '/v1/things/me',
        status: 200,
      });
    expect(log.some(line => line.request_id === 'probe')).toBe(false);
  });

  it('ends what is under way before it closes, once, however often it is told', async () => {
    let release = (): void => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    let ended = 0;
    let isUnderWay = false;
    const slow: Endpoint = {
      method: 'GET',
      path: '/v1/slow',
      access: 'open',
      handle: async () => {
        isUnderWay = true;
        await held;
        return { status: 200, body: `${ended}` };
      },
    };
    const stopping = await startService({
      name: 'slow',
      endpoints: [slow],
      openapi,
      onClose: async () => {
        ended += 1;
      },
    });
    const answered = fetch(`${stopping.url}/v1/slow`);
    await expect.poll(() => isUnderWay).toBe(true);
    const closed = Promise.all([stopping.close(), stopping.close()]);
    release();
    expect(await (await answered).text()).toBe('0');
    await closed;
    expect(ended).toBe(1);
    await expect(fetch(`${stopping.url}/livez`)).rejects.toThrow();
  });

  it('gives back what it holds when its port is taken', async () => {
    let ended = 0;
    const port = Number(new URL(service.url).port);
    const onClose = async (): Promise<void> => {
      ended += 1;
    };
    await expect(startService({ name: 'x', port, endpoints: [], openapi, onClose })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(ended).toBe(1);
  });
});
