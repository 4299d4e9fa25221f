import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { Ask, UpstreamAnswer, UpstreamAway } from '../edge/ask.ts';
import { pseudonym } from './request-head.ts';
import type { Transport, TransportControl, TransportReceiver, TransportRequest } from './transport.ts';
import type { TransportFailure } from './transport-failure.ts';
import type { Upstream } from './upstream.ts';

/** Bytes of an answer; one with more is none. */
const maxBody = 64 * 1024;

/** One request of the gateway's own: no retries, no redirects followed. */
export interface OwnRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Flat raw pairs, Host first. */
  readonly fields: readonly string[];
  readonly body?: string;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

export interface AskDeps {
  readonly clock: Clock;
  /** The upstream of that name as it runs now. */
  readonly upstream: (name: string) => Upstream | undefined;
}

/**
 * Asks upstreams beside the traffic of clients: an instance that is in, but past breaker, bulkhead and retry budget. So
 * a question neither waits behind clients nor tells the breaker anything.
 */
export const createAsk =
  ({ clock, upstream }: AskDeps): Ask =>
  async (name, { path, fields, timeout }) => {
    const instance = upstream(name)?.instance();
    if (instance === undefined) return { why: 'it is not in use' };
    const own = ['host', instance.authority, 'via', `1.1 ${pseudonym}`];
    return askOver(instance.transport, { method: 'GET', path, fields: [...own, ...fields], timeout }, clock);
  };

interface Failed extends UpstreamAway {
  /** It had been idle, and the other side may have been closing it at that moment. */
  readonly isStale: boolean;
}

/** Sends one request, and resolves with the whole answer, or with why there is none. Never rejects. */
export async function askOver(
  transport: Transport,
  request: OwnRequest,
  clock: Clock,
): Promise<UpstreamAnswer | UpstreamAway> {
  const outcome = await send(transport, request, clock, false);
  return 'why' in outcome && outcome.isStale ? send(transport, request, clock, true) : outcome;
}

function send(
  transport: Transport,
  { method, path, fields, body, timeout }: OwnRequest,
  clock: Clock,
  isFresh: boolean,
): Promise<UpstreamAnswer | Failed> {
  return new Promise(resolve => {
    const answer = new Answer(outcome => {
      stopTimer();
      resolve(outcome);
    });
    const stopTimer = clock.after(timeout, () => answer.giveUp(`no whole answer within ${timeout} ms`));
    const request: TransportRequest = {
      method,
      target: path,
      fields: [...fields],
      body: body === undefined ? undefined : Readable.from([Buffer.from(body)]),
      upgrade: undefined,
      isFresh,
    };
    try {
      answer.control = transport.dispatch(request, answer);
    } catch (error) {
      // Closed for good, since a reload has taken it out of use.
      answer.giveUp(error instanceof Error ? error.message : String(error));
    }
  });
}

/** Gathers one answer, and tells it, or what went wrong. */
class Answer implements TransportReceiver {
  control: TransportControl | undefined;
  readonly #done: (outcome: UpstreamAnswer | Failed) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #isReused = false;
  #isAnswered = false;

  constructor(done: (outcome: UpstreamAnswer | Failed) => void) {
    this.#done = done;
  }

  /** Nothing more is heard from the transport after this. */
  giveUp(why: string): void {
    this.control?.abort();
    this.#done({ why, isStale: false });
  }

  onStart(isReused: boolean): void {
    this.#isReused = isReused;
  }

  onFirstByte(): void {
    this.#isAnswered = true;
  }

  onInterim(): void {}

  onHead(status: number): void {
    this.#status = status;
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > maxBody) this.giveUp(`the answer has more than ${maxBody} bytes`);
    else this.#chunks.push(chunk);
  }

  onEnd(): void {
    this.#done({ status: this.#status, body: Buffer.concat(this.#chunks) });
  }

  onUpgrade(_fields: string[], socket: { destroy(): void }): void {
    socket.destroy();
    this.#done({ why: 'it changed protocols', isStale: false });
  }

  onFailure({ kind, message }: TransportFailure): void {
    this.#done({ why: message, isStale: kind === 'reset' && this.#isReused && !this.#isAnswered });
  }
}
