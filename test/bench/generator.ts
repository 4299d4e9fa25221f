/** Our own load generator, a process of its own: `node generator.ts '<job as JSON>'`, the result as JSON on stdout. */
import net from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { readAnswer } from './answer.ts';
import type { LoadResult } from './load.ts';
import { toSchedule } from './schedule.ts';

export interface Job {
  readonly port: number;
  /** Whole requests, as they go over the wire; taken in turn. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second. Without it each connection sends the next one as soon as it has its answer. */
  readonly rate?: number;
}

/** Milliseconds between two looks at what is due. */
const tick = 1;
/** Milliseconds that requests still open at the end may take. */
const grace = 5000;

const { port, requests, connections, seconds, rate }: Job = JSON.parse(process.argv[2] ?? '');
const latencies = createHistogram();
const started = performance.now();
const now = (): number => performance.now() - started;
const schedule = toSchedule(rate ?? 0, seconds);
/** Connections that wait for a request to fall due. */
const idle: ((isWoken: boolean) => void)[] = [];
let sent = 0;
let answered = 0;
let failed = 0;

/**
 * The time from which the next request counts, or undefined if none is to be sent now: that at which it was due, but where a
 * connection was idle and only this process woke late for it, that at which it is sent.
 */
function take(isWoken: boolean): number | undefined {
  if (rate === undefined) {
    if (now() >= seconds * 1000) return undefined;
    sent++;
    return now();
  }
  if (sent >= schedule.dueBy(now())) return undefined;
  const due = schedule.dueAt(sent++);
  return isWoken && now() - due < 2 * tick ? now() : due;
}

function settle(due: number, isGood: boolean): void {
  if (!isGood) failed++;
  answered++;
  latencies.record(Math.max(1, Math.round((now() - due) * 1000)));
}

function connect(): void {
  let due: number | undefined;
  let bytes: Buffer = Buffer.alloc(0);
  let isReplaced = false;
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const next = (isWoken = false): void => {
    if (isReplaced) return;
    due = take(isWoken);
    if (due === undefined) idle.push(next);
    else socket.write(requests[sent % requests.length] ?? '');
  };
  const replace = (): void => {
    if (isReplaced) return;
    isReplaced = true;
    if (due !== undefined) settle(due, false);
    due = undefined;
    socket.destroy();
    if (now() < seconds * 1000) setTimeout(connect, 1);
  };
  socket.on('connect', () => next());
  socket.on('error', replace);
  socket.on('close', replace);
  socket.on('data', (chunk: Buffer) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    let answer: ReturnType<typeof readAnswer>;
    try {
      answer = readAnswer(bytes);
    } catch {
      return replace();
    }
    if (answer === undefined || due === undefined) return;
    bytes = Buffer.alloc(0);
    settle(due, answer.status >= 200 && answer.status < 400);
    due = undefined;
    if (answer.isLast) replace();
    else next();
  });
}

const isOver = (): boolean => {
  if (now() > seconds * 1000 + grace) return true;
  if (now() < seconds * 1000) return false;
  return answered === sent && (rate === undefined || sent === schedule.count);
};

function report(): void {
  const unanswered = (rate === undefined ? sent : schedule.count) - answered;
  const result: LoadResult = {
    rate: (answered - failed) / Math.max(now() / 1000, seconds),
    requests: answered,
    failed: failed + unanswered,
    p50: latencies.percentile(50) / 1000,
    p99: latencies.percentile(99) / 1000,
  };
  process.stdout.write(`${JSON.stringify({ ...result, longest: latencies.max / 1000 })}\n`, () =>
    process.exit(0),
  );
}

for (let i = 0; i < connections; i++) connect();
const timer = setInterval(() => {
  for (const wake of idle.splice(0)) wake(true);
  if (!isOver()) return;
  clearInterval(timer);
  report();
}, tick);
