import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createOutgoing,
  type Outgoing,
  type OutgoingOptions,
  type OutgoingRequest,
} from '../../../extracted-services/chassis/outgoing.ts';
import { OutgoingFailure } from '../../../extracted-services/chassis/outgoing-failure.ts';
import { newTrace } from '../../../extracted-services/chassis/trace.ts';
import { openUpstream, type ScriptedUpstream } from '../../kit/upstream.ts';

let upstream: ScriptedUpstream;
const opened: Outgoing[] = [];
const trace = newTrace();

beforeEach(async () => {
  upstream = await openUpstream((_, res) => res.end('{"fine":true}'));
});
afterEach(async () => {
  for (const outgoing of opened.splice(0)) outgoing.close();
  await upstream.close();
});

function open(options: Partial<OutgoingOptions> = {}): Outgoing {
  const outgoing = createOutgoing({ name: 'payments', baseUrl: upstream.url, ...options });
  opened.push(outgoing);
  return outgoing;
}

/** Answers with these statuses, one after the other, and then with 200. */
function answerWith(...statuses: number[]): void {
  upstream.answer((_, res) => {
    const status = statuses.shift() ?? 200;
    res.writeHead(status).end('{"fine":true}');
  });
}

const get: OutgoingRequest = { method: 'GET', path: '/v1/x?y=1', trace };
const post: OutgoingRequest = { method: 'POST', path: '/v1/x', json: { a: 1 }, trace };

async function failureOf(call: Promise<unknown>): Promise<OutgoingFailure> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof OutgoingFailure)) throw new TypeError(`no failure but ${failure}`);
  return failure;
}

describe('a call', () => {
  it('carries the trace, the request id, the token and the key, and brings back what was answered', async () => {
    const outgoing = open({ token: async () => 'token-1' });
    const answer = await outgoing.request({ ...post, idempotencyKey: 'k-1', headers: { 'x-more': '1' } });
    expect(answer).toMatchObject({ status: 200, json: { fine: true } });
    expect(upstream.seen[0]).toMatchObject({
      method: 'POST',
      url: '/v1/x',
      headers: {
        traceparent: `00-${trace.traceId}-${trace.spanId}-00`,
        'x-request-id': trace.requestId,
        authorization: 'Bearer token-1',
        'content-type': 'application/json',
        'content-length': '7',
        'idempotency-key': 'k-1',
        'x-more': '1',
      },
    });
  });

  it('may bring the token of whom it acts for', async () => {
    const outgoing = open({ token: async () => 'own' });
    await outgoing.request({ ...get, headers: { authorization: 'Bearer theirs' } });
    expect(upstream.seen[0]?.headers.authorization).toBe('Bearer theirs');
  });

  it('that is refused by the service, below 500, is an answer and no failure', async () => {
    answerWith(402);
    expect(await open().request(get)).toMatchObject({ status: 402 });
    expect(upstream.seen).toHaveLength(1);
  });

  it('may have an empty answer', async () => {
    upstream.answer((_, res) => res.writeHead(204).end());
    expect(await open().request(get)).toMatchObject({ status: 204, json: undefined });
  });

  it('keeps its connection for the next one', async () => {
    const connections = new Set<number | undefined>();
    upstream.answer((req, res) => {
      connections.add(req.socket.remotePort);
      res.end('{}');
    });
    const outgoing = open();
    for (let count = 0; count < 3; count++) await outgoing.request(get);
    expect(connections.size).toBe(1);
  });
});

describe('a failure', () => {
  it('is `status` for 5xx, and names the service and the status', async () => {
    answerWith(500, 500, 500);
    expect(await failureOf(open().request(get))).toMatchObject({
      kind: 'status',
      status: 500,
      service: 'payments',
      message: 'payments: answered 500',
    });
  });

  it('is `refused` where nobody listens', async () => {
    await upstream.kill();
    expect(await failureOf(open({ attempts: 1 }).request(get))).toMatchObject({ kind: 'refused' });
    await upstream.revive();
  });

  it('is `reset` where the connection is cut', async () => {
    upstream.answer(req => req.socket.destroy());
    expect(await failureOf(open({ attempts: 1 }).request(get))).toMatchObject({ kind: 'reset' });
  });

  it('is `reset` where the answer is cut in the middle', async () => {
    upstream.answer((_, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('{"a":', () => res.destroy());
    });
    expect(await failureOf(open({ attempts: 1 }).request(get))).toMatchObject({ kind: 'reset' });
  });

  it('is `timeout` where no answer comes in time, and where one begins and never ends', async () => {
    upstream.answer(() => {});
    expect(await failureOf(open({ timeout: 60 }).request(get))).toMatchObject({ kind: 'timeout' });
    upstream.answer((_, res) => void res.write('{'));
    expect(await failureOf(open({ timeout: 60 }).request(get))).toMatchObject({ kind: 'timeout' });
    expect(upstream.seen).toHaveLength(2);
  });

  it('is `malformed` where the answer is no JSON, or more than 4 MiB', async () => {
    upstream.answer((_, res) => res.end('<html>'));
    expect(await failureOf(open().request(get))).toMatchObject({ kind: 'malformed' });
    upstream.answer((_, res) => res.end(' '.repeat(4 * 1024 * 1024 + 1)));
    expect(await failureOf(open().request(get))).toMatchObject({ kind: 'malformed' });
  });

  it('is `token` where there is none to ask with, and nothing is asked', async () => {
    const token = async (): Promise<string> => {
      throw new Error('the token endpoint answered 401 (invalid_client)');
    };
    expect(await failureOf(open({ token }).request(get))).toMatchObject({ kind: 'token' });
    const never = new Promise<string>(() => {});
    expect(await failureOf(open({ token: () => never, timeout: 60 }).request(get))).toMatchObject({
      kind: 'token',
    });
    expect(upstream.seen).toHaveLength(0);
  });
});

describe('a retry', () => {
  it('happens for what may be repeated: GET, PUT and DELETE, and POST with a key', async () => {
    const outgoing = open({ breaker: { minimum: 100 } });
    for (const request of [
      get,
      { ...post, method: 'PUT' },
      { ...get, method: 'DELETE' },
      { ...post, idempotencyKey: 'k' },
    ]) {
      answerWith(503, 500);
      const before = upstream.seen.length;
      expect(await outgoing.request(request)).toMatchObject({ status: 200 });
      expect(upstream.seen.length - before).toBe(3);
    }
  });

  it('sends the same key each time', async () => {
    answerWith(500, 500);
    await open().request({ ...post, idempotencyKey: 'k-7' });
    expect(upstream.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['k-7', 'k-7', 'k-7']);
  });

  it('does not happen for a POST without one that may have arrived', async () => {
    answerWith(500);
    expect(await failureOf(open().request(post))).toMatchObject({ kind: 'status' });
    upstream.answer(req => req.socket.destroy());
    expect(await failureOf(open().request(post))).toMatchObject({ kind: 'reset' });
    expect(upstream.seen).toHaveLength(2);
  });

  it('that cannot be made does not hide that an earlier attempt may have arrived', async () => {
    upstream.answer(req => req.socket.destroy());
    const outgoing = open({ breaker: { minimum: 1, pause: 60_000 } });
    const failure = await failureOf(outgoing.request({ ...post, idempotencyKey: 'k' }));
    expect([failure.kind, failure.isUnasked, upstream.seen.length]).toEqual(['reset', false, 1]);
    expect((await failureOf(outgoing.request(post))).isUnasked).toBe(true);
  });

  it('happens for any call that reached nobody', async () => {
    await upstream.kill();
    const outgoing = open({ timeout: 5000, attempts: 50, breaker: { minimum: 1000 } });
    const answered = outgoing.request(post);
    await upstream.revive();
    expect(await answered).toMatchObject({ status: 200 });
    expect(upstream.seen).toHaveLength(1);
  });

  it('waits as long as it is told to, and not at all if that is beyond the deadline', async () => {
    upstream.answer((_, res) => res.writeHead(503, { 'retry-after': '60' }).end());
    expect(await failureOf(open().request(get))).toMatchObject({ kind: 'status', retryAfter: 60_000 });
    expect(upstream.seen).toHaveLength(1);
  });
});

describe('the breaker', () => {
  it('opens when it fails too often, and then nobody is asked', async () => {
    upstream.answer((_, res) => res.writeHead(500).end());
    const outgoing = open({ attempts: 1, breaker: { minimum: 3, pause: 60_000 } });
    for (let count = 0; count < 3; count++) await failureOf(outgoing.request(get));
    expect(outgoing.state()).toBe('open');
    expect(await failureOf(outgoing.request(get))).toMatchObject({ kind: 'breaker-open' });
    expect(upstream.seen).toHaveLength(3);
  });

  it('lets one probe through after its pause, refuses the others meanwhile, and closes when it ends well', async () => {
    answerWith(500, 500);
    const outgoing = open({ attempts: 1, breaker: { minimum: 2, pause: 0 } });
    for (let count = 0; count < 2; count++) await failureOf(outgoing.request(get));
    let release = (): void => {};
    upstream.answer((_, res) => {
      release = () => res.end('{}');
    });
    const probe = outgoing.request(get);
    await expect.poll(() => upstream.seen.length).toBe(3);
    expect(outgoing.state()).toBe('half-open');
    expect(await failureOf(outgoing.request(get))).toMatchObject({ kind: 'breaker-open' });
    release();
    await probe;
    expect(outgoing.state()).toBe('closed');
  });

  it('does not count what the service refuses, nor a token that is missing', async () => {
    upstream.answer((_, res) => res.writeHead(404).end());
    const outgoing = open({ attempts: 1, breaker: { minimum: 2 } });
    for (let count = 0; count < 5; count++) await outgoing.request(get);
    const token = async (): Promise<string> => {
      throw new Error('none');
    };
    const without = open({ attempts: 1, breaker: { minimum: 2 }, token });
    for (let count = 0; count < 5; count++) await failureOf(without.request(get));
    expect([outgoing.state(), without.state()]).toEqual(['closed', 'closed']);
  });

  it('counts a service that takes connections and says nothing', async () => {
    const mute = createServer(socket => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    const outgoing = open({
      baseUrl: `http://127.0.0.1:${port}`,
      timeout: 40,
      attempts: 1,
      breaker: { minimum: 2 },
    });
    for (let count = 0; count < 2; count++) await failureOf(outgoing.request(get));
    expect(outgoing.state()).toBe('open');
    outgoing.close();
    mute.close();
  });
});
