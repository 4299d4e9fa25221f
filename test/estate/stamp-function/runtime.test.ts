import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openapi } from '../../../extracted-services/stamp-function/openapi.ts';
import {
  type StampFunctionOptions,
  startStampFunction,
} from '../../../extracted-services/stamp-function/service.ts';
import { createManualClock } from '../../kit/manual-clock.ts';
import { validatorOf } from '../../kit/openapi.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

const secret = 'a secret of the sender';
const odd = resolve('test/kit/odd-function.ts');

interface Rig extends AsyncDisposable {
  readonly url: string;
  readonly log: readonly string[];
  post(body: string, headers?: Record<string, string>): Promise<Posted>;
  metrics(): Promise<string>;
}
interface Posted {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

async function openFunction(options: Partial<StampFunctionOptions> = {}): Promise<Rig> {
  const log: string[] = [];
  const service = await startStampFunction({ secret, log: line => log.push(line), ...options });
  return {
    url: service.url,
    log,
    async post(body, headers = {}) {
      const answer = await fetch(`${service.url}/v1/stamp`, { method: 'POST', body, headers });
      const json = (await answer.json()) as Readonly<Record<string, unknown>>;
      return { status: answer.status, headers: answer.headers, body: json };
    },
    metrics: async () => (await fetch(`${service.url}/metrics`)).text(),
    [Symbol.asyncDispose]: () => service.close(),
  };
}

const isAlive = (pid: unknown): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

describe('the stamp function over HTTP', () => {
  it('stamps what is signed, and refuses what is not', async () => {
    await using rig = await openFunction();
    const t = Math.floor(Date.now() / 1000);
    const v1 = createHmac('sha256', secret).update(`${t}.{"a":"ü"}`).digest('hex');
    const stamped = await rig.post('{"a":"ü"}', { 'x-webhook-signature': `t=${t},v1=${v1}` });
    const isValid = validatorOf(openapi, 'Stamp');
    expect([stamped.status, isValid(stamped.body), stamped.body.bytes]).toEqual([200, true, 10]);
    const refused = await rig.post('{"a":1}', { 'x-webhook-signature': `t=${t},v1=${v1}` });
    expect([refused.status, refused.body.code]).toEqual([401, 'signature-invalid']);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(rig.log.join('\n')).not.toContain(v1);
    expect(await (await fetch(`${rig.url}/openapi.json`)).json()).toEqual(
      JSON.parse(JSON.stringify(openapi)),
    );
  });
});

describe('the runtime', () => {
  it('has no process before the first event; that one waits for a cold start, the next one does not', async () => {
    await using rig = await openFunction({ handler: odd });
    expect(await rig.metrics()).toContain('function_instances 0');
    expect((await fetch(`${rig.url}/readyz`)).status).toBe(200);
    const first = await rig.post('');
    const second = await rig.post('');
    expect([first.body.isCold, second.body.isCold]).toEqual([true, false]);
    expect(second.body.pid).toBe(first.body.pid);
    expect(first.body.pid).not.toBe(process.pid);
    expect(first.headers.get('server-timing')).toMatch(/^cold;dur=[\d.]+, run;dur=[\d.]+$/);
    expect(second.headers.get('server-timing')).toMatch(/^run;dur=[\d.]+$/);
    const text = await rig.metrics();
    expect(text).toContain('function_cold_start_seconds_count{} 1');
    expect(text).toContain('function_run_seconds_count{} 2');
    expect(text).toContain('function_instances 1');
  });

  it('goes back to no process when nothing has come for a while, and starts again', async () => {
    const clock = createManualClock();
    await using rig = await openFunction({ handler: odd, clock, bounds: { idle: 60_000 } });
    const { pid } = (await rig.post('')).body;
    clock.advance(59_000);
    expect((await rig.post('')).body.pid).toBe(pid);
    clock.advance(59_000);
    expect(isAlive(pid)).toBe(true);
    clock.advance(1000);
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect.poll(rig.metrics).toContain('function_instances 0');
    expect((await rig.post('')).body).toMatchObject({
      isCold: true,
      pid: expect.not.toSatisfy(p => p === pid),
    });
  });

  it('kills a function that takes too long, even one that never yields', async () => {
    await using rig = await openFunction({ handler: odd, bounds: { timeout: 500 } });
    const { pid } = (await rig.post('')).body;
    const late = await rig.post('spin');
    expect([late.status, late.body.code]).toEqual([504, 'function-slow']);
    expect(isAlive(pid)).toBe(false);
    expect((await rig.post('')).body.isCold).toBe(true);
  });

  it.each([
    ['throw', 502, 'function-failed'],
    ['nonsense', 502, 'function-failed'],
    ['exit', 502, 'function-crashed'],
  ])('answers for a function that would %s, and goes on', async (what, status, code) => {
    await using rig = await openFunction({ handler: odd });
    const failed = await rig.post(what);
    expect([failed.status, failed.body.code]).toEqual([status, code]);
    expect(JSON.stringify(failed.body)).not.toMatch(/secret place|\.ts/);
    expect((await rig.post('')).status).toBe(200);
  });

  it.each(['/nowhere.ts', resolve('package.json')])(
    'is 503 where there is no function: %s',
    async handler => {
      await using rig = await openFunction({ handler });
      const { status, body, headers } = await rig.post('');
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'function-unstarted', '1']);
      expect(await rig.metrics()).toContain('function_instances 0');
    },
  );

  it('runs so many at once, lets so many wait, and refuses the rest', async () => {
    await using folder = await openTempFolder();
    const gate = `${folder.path}/gate`;
    await using rig = await openFunction({
      handler: odd,
      bounds: { concurrency: 2, waiting: 1, timeout: 15_000 },
    });
    const events = [1, 2, 3, 4, 5].map(() => rig.post(`until ${gate}`));
    const refused = await Promise.race(events);
    expect([refused.status, refused.body.code]).toEqual([503, 'function-busy']);
    await expect.poll(rig.metrics).toContain('function_invocations_total{outcome="busy"} 2');
    await writeFile(gate, '');
    const answers = await Promise.all(events);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 503, 503]);
    const pids = answers.filter(({ status }) => status === 200).map(({ body }) => body.pid);
    expect(new Set(pids).size).toBe(2);
  });

  it('gives the place of a function that crashed to who waits', async () => {
    await using rig = await openFunction({ handler: odd, bounds: { concurrency: 1 } });
    const answers = await Promise.all([rig.post('exit'), rig.post(''), rig.post('exit'), rig.post('')]);
    expect(answers.map(({ status }) => status)).toEqual([502, 200, 502, 200]);
  });

  it('shows the function its secret, and nothing else of the environment, no credential of the caller', async () => {
    await using rig = await openFunction({ handler: odd });
    const { body } = await rig.post('', { authorization: 'Bearer x', cookie: 'a=b', 'x-thing': '1' });
    const { env, headers } = body as { env: Record<string, string>; headers: Record<string, string> };
    expect(
      Object.keys(env).filter(name => name !== 'NODE_CHANNEL_FD' && !name.startsWith('NODE_CHANNEL')),
    ).toEqual(['STAMP_FUNCTION_SECRET']);
    expect([headers.authorization, headers.cookie, headers['x-thing']]).toEqual([undefined, undefined, '1']);
  });

  it('writes what the function prints into its own log', async () => {
    await using rig = await openFunction({ handler: odd });
    await rig.post('print');
    await expect
      .poll(() => rig.log.join('\n'))
      .toContain('"msg":"function-output","text":"hello from inside');
  });

  it('leaves no process behind', async () => {
    const rig = await openFunction({ handler: odd });
    const { pid } = (await rig.post('')).body;
    await rig[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
  });
});
