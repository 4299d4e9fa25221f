import { expect, it } from 'vitest';
import { createComparingThread, type PairJob, watchdog } from '../../gateway/compare/thread.ts';
import type { PairResult } from '../../gateway/compare/worker-messages.ts';
import { createEvents, type EventOf } from '../../gateway/core/events.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { makeShadowing } from '../kit/shadowings.ts';

/** Milliseconds that a few pairs wait for others. */
const company = 10;

function openThread() {
  const clock = createManualClock();
  const events = createEvents();
  const lost: EventOf<'compare-worker-lost'>[] = [];
  events.on('compare-worker-lost', event => lost.push(event));
  const thread = createComparingThread({ clock, events });
  return { clock, thread, lost, [Symbol.asyncDispose]: thread.close };
}

const answer = (body: string) => ({
  ...{ status: 200, fields: ['content-type', 'application/json'], ms: 1 },
  chunks: [Buffer.from(body)],
});

const jobOf = (legacy: string, service: string, done: PairJob['done'], compare = {}): PairJob => ({
  ...{ method: 'GET', target: '/orders/1', who: '192.0.2.1', upload: [], done },
  rules: makeShadowing(compare).rules,
  legacy: answer(legacy),
  service: answer(service),
});

/** A pattern that takes longer than anybody waits. */
const endless = {
  ignore: [{ path: '$.name', match: '^(a+)+$', reason: 'a bad idea' }],
};

it('compares in a thread, in the order of the pairs', async () => {
  await using open = openThread();
  const waiting = ['{"a":1}', '{"a": 1}', '{"a":2}'].map(
    service =>
      new Promise<PairResult | undefined>(resolve => {
        expect(open.thread.compare(jobOf('{"a":1}', service, resolve))).toBe(true);
      }),
  );
  open.clock.advance(company);
  const results = await Promise.all(waiting);
  expect(results.map(result => result?.outcome)).toEqual(['match', 'match', 'mismatch']);
  expect(results[2]?.differences).toMatchObject([{ path: '$.a', legacy: 1, service: 2 }]);
  expect(new Set(results.map(result => result?.fingerprint)).size).toBe(1);
});

it('what is plainly the same never goes there', async () => {
  await using open = openThread();
  const heard: (PairResult | undefined)[] = [];
  const job = jobOf('{"a":1}', '{"a":1}', result => heard.push(result));
  const dated = { ...job.legacy, fields: [...job.legacy.fields, 'Date', 'Thu, 26 Nov 2026 08:00:00 GMT'] };
  const later = { ...job.service, fields: [...job.service.fields, 'date', 'Thu, 26 Nov 2026 08:00:01 GMT'] };
  expect(open.thread.compare({ ...job, legacy: dated, service: later })).toBe(true);
  expect(heard).toMatchObject([{ outcome: 'match', differences: [] }]);
  const inThread = new Promise<PairResult | undefined>(resolve => {
    const halves = ['{"a"', ':1}'].map(text => Buffer.from(text));
    open.thread.compare({ ...job, service: { ...job.service, chunks: halves }, done: resolve });
  });
  expect(open.thread.queued).toBe(1);
  open.clock.advance(company);
  expect(heard).toEqual([await inThread]);
});

it.each<[string, (job: PairJob) => PairJob]>([
  ['another status', job => ({ ...job, service: { ...job.service, status: 201 } })],
  ['another type', job => ({ ...job, service: { ...job.service, fields: ['content-type', 'text/plain'] } })],
  [
    'a field more',
    job => ({ ...job, service: { ...job.service, fields: [...job.service.fields, 'a', 'b'] } }),
  ],
  ['less than announced', job => truncated(job)],
  ['legacy asked again', job => ({ ...job, legacy2: job.legacy })],
  ['a request with a body', job => ({ ...job, upload: [Buffer.from('1')] })],
  [
    'a body that was hashed',
    job => ({ ...job, legacy: { ...job.legacy, digest: { bytes: 7, sha256: '' } } }),
  ],
])('what is not plainly the same does: %s', async (_, change) => {
  await using open = openThread();
  expect(open.thread.compare(change(jobOf('{"a":1}', '{"a":1}', () => {})))).toBe(true);
  expect(open.thread.queued).toBe(1);
});

function truncated(job: PairJob): PairJob {
  const announced = { ...job.legacy, fields: [...job.legacy.fields, 'content-length', '8'] };
  return { ...job, legacy: announced, service: announced };
}

it('a thread that hangs is ended and started again; what it had is lost, and told', async () => {
  await using open = openThread();
  const ended: (PairResult | undefined)[] = [];
  const hung = `{"name":"${'a'.repeat(60)}!"}`;
  open.thread.compare(jobOf('{"name":"b"}', hung, result => ended.push(result), endless));
  open.clock.advance(company);
  expect(open.clock.pending()).toBe(1);
  open.thread.compare(jobOf('1', '1.0', result => ended.push(result)));
  open.clock.advance(watchdog);
  expect(ended).toEqual([undefined, undefined]);
  expect(open.lost).toMatchObject([{ lost: 2, reason: `no answer within ${watchdog} ms` }]);
  // It is not started at once again.
  open.thread.compare(jobOf('1', '1.0', result => ended.push(result)));
  expect(ended).toHaveLength(3);
  open.clock.advance(1000);
  const result = await new Promise<PairResult | undefined>(resolve => {
    open.thread.compare(jobOf('1', '1.0', resolve));
    open.clock.advance(company);
  });
  expect(result?.outcome).toBe('match');
});

it('has room for 64 pairs and 64 MiB', async () => {
  await using open = openThread();
  let ended = 0;
  const job = jobOf('1', '1.0', () => ended++);
  const taken = Array.from({ length: 70 }, () => open.thread.compare(job));
  expect(taken.filter(isTaken => isTaken)).toHaveLength(64);
  await expect.poll(() => ended).toBe(64);
  const big = { ...job, legacy: { ...job.legacy, chunks: [new Uint8Array(40 * 1024 * 1024)] } };
  expect([open.thread.compare(big), open.thread.compare(big)]).toEqual([true, false]);
});

it('sends sixteen pairs at once, and waits for company with fewer', async () => {
  await using open = openThread();
  let ended = 0;
  const job = jobOf('1', '1.0', () => ended++);
  for (let i = 0; i < 16; i++) open.thread.compare(job);
  await expect.poll(() => ended).toBe(16);
  open.thread.compare(job);
  open.clock.advance(company - 1);
  expect([open.thread.queued, ended]).toEqual([1, 16]);
  open.clock.advance(1);
  await expect.poll(() => ended).toBe(17);
});

it('what waits when it is closed is lost', async () => {
  const open = openThread();
  const ended: unknown[] = [];
  open.thread.compare(jobOf('1', '1.0', result => ended.push(result)));
  await open.thread.close();
  expect(ended).toEqual([undefined]);
  expect(open.thread.compare(jobOf('1', '1.0', () => {}))).toBe(false);
});
