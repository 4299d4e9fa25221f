import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type Breaker, type BreakerOptions, type BreakerState, createBreaker } from './breaker.ts';
import { createHttpClient, type HttpAnswer, type HttpClient } from './http-client.ts';
import { OutgoingFailure, toFailure } from './outgoing-failure.ts';
import type { Tls } from './tls.ts';
import { type Trace, toTraceparent } from './trace.ts';

/** Asks one other service. Every call has a deadline; calls that may be repeated are; a breaker spares who is down. */
export interface Outgoing {
  /** Any answer below 500. Rejects with an OutgoingFailure, and with nothing else. */
  request(request: OutgoingRequest): Promise<OutgoingAnswer>;
  state(): BreakerState;
  close(): void;
}

export interface OutgoingRequest {
  readonly method: string;
  /** Below the base URL, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly trace: Trace;
  /** Sent as `Idempotency-Key`: then a POST may be repeated too. */
  readonly idempotencyKey?: string;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined for an empty body. */
  readonly json: unknown;
}

export interface OutgoingOptions {
  /** Of the service that is asked, for messages. */
  readonly name: string;
  readonly baseUrl: string;
  /** Milliseconds for a call, with all its attempts and the pauses between them; default 2,000. */
  readonly timeout?: number;
  /** In total; default 3. */
  readonly attempts?: number;
  readonly breaker?: BreakerOptions;
  /** An access token for each call, unless it brings `authorization` itself. */
  readonly token?: () => Promise<string>;
  readonly tls?: Tls | undefined;
}

const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
const firstPause = 100;
const longestPause = 2000;

export function createOutgoing(options: OutgoingOptions): Outgoing {
  const client = createHttpClient(options.tls);
  const breaker = createBreaker(options.breaker);
  const { attempts = 3, timeout = 2000, name } = options;
  return {
    async request(request) {
      const deadline = AbortSignal.timeout(timeout);
      const endsAt = performance.now() + timeout;
      let arrived: OutgoingFailure | undefined;
      for (let attempt = 1; ; attempt++) {
        try {
          return await attemptOnce({ request, options, client, breaker, deadline });
        } catch (error) {
          const failure = toFailure(name, error, deadline);
          if (!failure.isUnasked) arrived = failure;
          const pause = Math.max(failure.retryAfter ?? 0, backoff(attempt));
          const isLate = performance.now() + pause >= endsAt;
          if (attempt >= attempts || isLate || !mayRepeat(request, failure)) {
            // An earlier attempt may have done its work: then it would be wrong to say that nothing was asked.
            throw arrived ?? failure;
          }
          await setTimeout(pause);
        }
      }
    },
    state: () => breaker.state(),
    close: () => client.close(),
  };
}

/** Full jitter: anything from nothing up to a bound that doubles, so that those who failed together do not return together. */
const backoff = (attempt: number): number =>
  Math.random() * Math.min(longestPause, firstPause * 2 ** (attempt - 1));

function mayRepeat({ method, idempotencyKey }: OutgoingRequest, failure: OutgoingFailure): boolean {
  if (failure.kind === 'refused') return true;
  if (!idempotent.has(method) && idempotencyKey === undefined) return false;
  return failure.kind === 'reset' || failure.kind === 'status';
}

interface Attempt {
  readonly request: OutgoingRequest;
  readonly options: OutgoingOptions;
  readonly client: HttpClient;
  readonly breaker: Breaker;
  readonly deadline: AbortSignal;
}

async function attemptOnce(attempt: Attempt): Promise<OutgoingAnswer> {
  const { request, options, client, breaker, deadline } = attempt;
  const { name, baseUrl } = options;
  const headers = await headersOf(request, options, deadline);
  const url = new URL(baseUrl.replace(/\/$/, '') + request.path);
  const body = request.json === undefined ? {} : { body: JSON.stringify(request.json) };
  if (!breaker.hasWay()) {
    throw new OutgoingFailure(name, 'breaker-open', { detail: 'not asked, since it fails too often' });
  }
  return breaker.run(async () =>
    toAnswer(name, await client.send({ url, method: request.method, headers, ...body, signal: deadline })),
  );
}

async function headersOf(
  { headers = {}, json, trace, idempotencyKey }: OutgoingRequest,
  { name, token }: OutgoingOptions,
  deadline: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return {
    accept: 'application/json',
    traceparent: toTraceparent(trace),
    'x-request-id': trace.requestId,
    ...(json !== undefined && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...(token &&
      headers.authorization === undefined && { authorization: await bearer(name, token, deadline) }),
    ...headers,
  };
}

async function bearer(name: string, token: () => Promise<string>, deadline: AbortSignal): Promise<string> {
  const late = Promise.withResolvers<never>();
  const onAbort = (): void => late.reject(new Error('no token in time'));
  deadline.addEventListener('abort', onAbort, { once: true });
  try {
    return `Bearer ${await Promise.race([token(), late.promise])}`;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new OutgoingFailure(name, 'token', { detail, cause: error });
  } finally {
    deadline.removeEventListener('abort', onAbort);
  }
}

function toAnswer(name: string, { status, headers, body }: HttpAnswer): OutgoingAnswer {
  if (status >= 500) {
    const retryAfter = toMilliseconds(headers['retry-after']);
    throw new OutgoingFailure(name, 'status', { detail: `answered ${status}`, status, retryAfter });
  }
  if (body.length === 0) return { status, headers, json: undefined };
  try {
    return { status, headers, json: JSON.parse(body.toString('utf8')) as unknown };
  } catch (cause) {
    throw new OutgoingFailure(name, 'malformed', { detail: `answered ${status} without JSON`, cause });
  }
}

/** Seconds as a number; a date is not looked at. */
const toMilliseconds = (field: string | undefined): number | undefined =>
  field !== undefined && /^\d{1,6}$/.test(field) ? Number(field) * 1000 : undefined;
