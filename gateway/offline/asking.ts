import { Readable } from 'node:stream';
import type { Heard } from '../compare/heard.ts';
import { hashBounds } from '../compare/sampling.ts';
import type { Clock } from '../core/clock.ts';
import { removeFields } from '../core/headers.ts';
import type { Side } from '../core/vocabulary.ts';
import { BoundedBody } from '../proxy/bounded-body.ts';
import { hasEventStream } from '../proxy/capture.ts';
import type { Credentials } from '../proxy/credentials.ts';
import type { UpstreamConfig } from '../proxy/schema.ts';
import type { Transport, TransportControl, TransportReceiver } from '../proxy/transport.ts';
import type { TransportFailure } from '../proxy/transport-failure.ts';
import type { OpenTransport } from '../proxy/upstream.ts';
import type { RecordedRequest } from './recorded.ts';

/** One side of a replay: sends it recorded requests and hears it out. Redirects are answers like any other. */
export interface Asker {
  readonly side: Side;
  /** `http://127.0.0.1:4103`, in lower case. */
  readonly origin: string;
  /** Never rejects. @param target the path for this side, with query. */
  ask(request: RecordedRequest, target: string): Promise<Asked>;
  close(): Promise<void>;
}

export interface Asked {
  readonly heard: Heard;
  /** No connection came about. */
  readonly isUnreachable: boolean;
}

export interface AskerOptions {
  readonly side: Side;
  /** An address, with a path that is put before every target if it has one. */
  readonly url: URL;
  /** Fields that replace those of the recording; flat raw pairs. */
  readonly fields: readonly string[];
  /** Milliseconds to the whole answer. */
  readonly timeout: number;
  /** Bytes of an answer's body. */
  readonly maxBody: number;
  /** Authorities and certificate; by default those of the system, and none. */
  readonly tls?: UpstreamConfig['tls'];
  /** A token of its own for each request, beside the fields. */
  readonly authorization?: Credentials['authorization'] | undefined;
}

/** Bodies are bounded one by one; as many are held as are asked at once. */
const noBudget = { take: () => true, give: () => {} };
/** Nobody is served meanwhile. */
const hashing = { most: hashBounds.body, take: () => true };

export function createAsker(
  { side, url, fields, timeout, maxBody, tls, authorization }: AskerOptions,
  { clock, openTransport }: { readonly clock: Clock; readonly openTransport: OpenTransport },
): Asker {
  const transport = openTransport(url.origin, { timeout, idle: timeout, tls });
  const base = url.pathname.replace(/\/$/, '');
  const attempt = (
    request: RecordedRequest,
    target: string,
    { own, isFresh }: { readonly own: readonly string[]; readonly isFresh: boolean },
  ): Promise<Told> =>
    new Promise(resolve => {
      const receiver = new Receiver(url.origin, maxBody, clock, told => {
        stopTimer();
        resolve(told);
      });
      const stopTimer = clock.after(timeout, () => receiver.late(timeout));
      receiver.send(transport, {
        method: request.method,
        target: base + target,
        fields: toAskedFields(request, url.host, own),
        body: request.body === undefined ? undefined : Readable.from([request.body]),
        upgrade: undefined,
        isFresh,
      });
    });
  return {
    side,
    origin: url.origin.toLowerCase(),
    async ask(request, target) {
      const token = await authorization?.();
      if (typeof token === 'object')
        return { heard: { kind: 'failed', detail: token.detail }, isUnreachable: false };
      const own = token === undefined ? fields : [...fields, 'authorization', token];
      const told = await attempt(request, target, { own, isFresh: false });
      // A connection that was idle may have been closed by the other side at that very moment.
      const isAgain = told.isStale && (request.method === 'GET' || request.method === 'HEAD');
      const { heard, isUnreachable } = isAgain
        ? await attempt(request, target, { own, isFresh: true })
        : told;
      return { heard, isUnreachable };
    },
    close: () => transport.close(),
  };
}

/** Fields that say how one message was sent, or that would have an answer depend on what a browser had cached. */
const dropped: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'transfer-encoding', 'te'],
  ...['trailer', 'upgrade', 'http2-settings', 'expect', 'host', 'content-length'],
  ...['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'],
]);

/** What `record` writes in the place of a credential. */
const redacted = '***';

/** The fields of a recorded request for one side; those of the command line win. */
export function toAskedFields(
  { fields: recorded, body, method }: Pick<RecordedRequest, 'fields' | 'body' | 'method'>,
  host: string,
  own: readonly string[],
): string[] {
  const owned = new Set(own.filter((_, at) => at % 2 === 0).map(name => name.toLowerCase()));
  const fields: string[] = [];
  for (let at = 0; at < recorded.length; at += 2)
    if (recorded[at + 1] !== redacted) fields.push(recorded[at] as string, recorded[at + 1] as string);
  removeFields(fields, name => dropped.has(name) || owned.has(name) || name.startsWith(':'));
  const isMissing = (name: string): boolean =>
    !owned.has(name) && !fields.some((text, at) => at % 2 === 0 && text.toLowerCase() === name);
  if (isMissing('accept')) fields.push('accept', '*/*');
  if (isMissing('user-agent')) fields.push('user-agent', 'figway-replay');
  if (body !== undefined || (method !== 'GET' && method !== 'HEAD'))
    fields.push('content-length', String(body?.length ?? 0));
  return [...(owned.has('host') ? [] : ['host', host]), ...fields, ...own];
}

interface Told extends Asked {
  /** It was sent on a connection that had been idle, and nothing came back. */
  readonly isStale: boolean;
}

/** Hears one answer, and tells it once. */
class Receiver implements TransportReceiver {
  readonly #origin: string;
  readonly #clock: Clock;
  readonly #done: (told: Told) => void;
  readonly #body: BoundedBody;
  readonly #startedAt: number;
  #control: TransportControl | undefined;
  #isOver = false;
  #isReused = false;
  #isAnswered = false;
  #status = 0;
  #fields: readonly string[] = [];

  constructor(origin: string, maxBody: number, clock: Clock, done: (told: Told) => void) {
    this.#origin = origin.toLowerCase();
    this.#clock = clock;
    this.#done = done;
    this.#body = new BoundedBody(maxBody, noBudget, hashing);
    this.#startedAt = clock.now();
  }

  send(transport: Transport, request: Parameters<Transport['dispatch']>[0]): void {
    try {
      const control = transport.dispatch(request, this);
      if (this.#isOver) control.abort();
      else this.#control = control;
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  late(timeout: number): void {
    this.#fail(`no whole answer within ${timeout} ms`);
  }

  onStart(isReused: boolean): void {
    this.#isReused = isReused;
  }

  onFirstByte(): void {
    this.#isAnswered = true;
  }

  onInterim(): void {}

  onHead(status: number, _reason: string, fields: string[]): void {
    this.#status = status;
    this.#fields = fields;
    if (hasEventStream(fields)) this.#tell({ kind: 'unfit', reason: 'streaming' });
  }

  onData(chunk: Buffer): void {
    if (!this.#isOver && !this.#body.add(chunk)) this.#tell({ kind: 'unfit', reason: 'too-large' });
  }

  onEnd(): void {
    const ms = this.#clock.now() - this.#startedAt;
    this.#tell({
      ...{ kind: 'answered', status: this.#status, fields: this.#fields, body: this.#body },
      ...{ origin: this.#origin, ms },
    });
  }

  onUpgrade(_fields: string[], socket: { destroy(): void }): void {
    socket.destroy();
    this.#fail('it changed protocols');
  }

  onFailure({ kind, message }: TransportFailure): void {
    const isStale = kind === 'reset' && this.#isReused && !this.#isAnswered;
    const isUnreachable = kind === 'connect' || kind === 'connect-timeout';
    this.#tell({ kind: 'failed', detail: message }, { isStale, isUnreachable });
  }

  #fail(detail: string): void {
    this.#tell({ kind: 'failed', detail });
  }

  #tell(heard: Heard, why = { isStale: false, isUnreachable: false }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#control?.abort();
    this.#done({ heard, ...why });
  }
}
