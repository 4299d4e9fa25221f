import type { Clock } from '../core/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Side } from '../core/vocabulary.ts';
import { Capture } from '../proxy/capture.ts';
import type { Answered } from './pairing.ts';
import { hasBody } from './reasking.ts';
import { admitLine, giveLine, openAccount, type RecordAccount, recordBounds } from './record-account.ts';
import { type RecordedAnswer, type RecordedExchange, toRecordLine } from './record-line.ts';
import type { CompiledRules } from './rules.ts';

/**
 * Exchanges as they pass by, as lines for whoever listens. It is off the client's path: it changes, delays and fails no
 * answer, and where it has no room it leaves out and counts.
 */
export interface Recording {
  /** Before the request goes out, and after it is known whether a copy of it does. */
  begin(exchange: Exchange): void;
  /** After it has ended, however. */
  finish(exchange: Exchange): void;
  /** What both sides said, or one of them, of a request that was copied. */
  heard(
    exchange: Exchange,
    sides: Readonly<Partial<Record<Side, Answered>>>,
    upload: readonly Uint8Array[],
  ): void;
  /** Undefined where there are too many already. */
  open(order: RecordOrder): Opened | undefined;
  close(): void;
}

export interface RecordOrder {
  /** Undefined: all. */
  readonly route: string | undefined;
  /** Milliseconds. */
  readonly time: number;
  /** False: the reader is behind, and this line is left out. */
  write(line: string): boolean;
  onEnd(why: RecordEnd, counts: RecordCounts): void;
}

export type RecordEnd = 'time' | 'bytes' | 'closed';

export interface RecordCounts {
  readonly recorded: number;
  readonly leftOut: number;
}

export interface Opened {
  readonly counts: RecordCounts;
  /** `onEnd` is not called. */
  stop(): void;
}

export interface RecordingDeps {
  readonly clock: Clock;
  /** Rules of a route, which say what is redacted. */
  readonly rulesOf: (route: string) => CompiledRules;
  /** Hears of what went wrong in here. */
  readonly onFault: (error: unknown) => void;
}

const unheard = { onUnfit: () => {}, onAnswerEnd: () => {}, onUploadEnd: () => {} };

export function createRecording({ clock, rulesOf, onFault }: RecordingDeps): Recording {
  const listeners = new Set<RecordAccount>();
  const captures = new WeakMap<Exchange, Capture>();
  let held = 0;
  const budget = {
    take(bytes: number): boolean {
      if (held + bytes > recordBounds.held) return false;
      held += bytes;
      return true;
    },
    give(bytes: number): void {
      held -= bytes;
    },
  };

  const listening = (exchange: Exchange): RecordAccount[] =>
    [...listeners].filter(({ order }) => order.route === undefined || order.route === exchange.route.name);

  /** Those that take one more line in this second; the others count it as left out. */
  const admit = (exchange: Exchange): RecordAccount[] => {
    const now = clock.now();
    return listening(exchange).filter(listener => admitLine(listener, now));
  };

  /** In a turn of its own, so that a client that waits for its answer never waits for this. */
  const tell = (to: readonly RecordAccount[], route: string, recorded: RecordedExchange): void =>
    void setImmediate(() => {
      try {
        const line = toRecordLine(recorded, rulesOf(route));
        for (const listener of to) if (listeners.has(listener)) giveLine(listener, line);
      } catch (error) {
        onFault(error);
      }
    });

  const record = (
    exchange: Exchange,
    sides: RecordedExchange['sides'],
    upload: readonly Uint8Array[],
  ): void => {
    const to = admit(exchange);
    if (to.length === 0) return;
    const { id, method, target, req, route } = exchange;
    const body = upload.length > 0 ? Buffer.concat(upload) : hasBody(exchange) ? 'lost' : undefined;
    tell(to, route.name, { id, method, target: target.raw, fields: req.rawHeaders, upload: body, sides });
  };

  return {
    begin(exchange) {
      if (listeners.size === 0 || exchange.tap !== undefined || exchange.isUpgrade) return;
      if (listening(exchange).length === 0) return;
      const { body } = recordBounds;
      const capture = new Capture({ maxBody: body, maxUpload: body, budget, now: clock.now }, unheard);
      captures.set(exchange, capture);
      exchange.tap = capture;
    },
    finish(exchange) {
      if (exchange.tap === undefined) return;
      const capture = captures.get(exchange);
      if (capture === undefined) return;
      captures.delete(exchange);
      const { head, end, body, upload, hasUpload } = capture;
      if (head !== undefined && end !== 'cut') {
        const { side, status, fields } = head;
        const isKept =
          end === 'whole' && body.excess === undefined && (body.chunks.length > 0 || body.bytes === 0);
        const answer: RecordedAnswer = {
          status,
          fields,
          body: isKept ? Buffer.concat(body.chunks) : undefined,
        };
        record(exchange, { [side]: answer }, hasUpload ? upload.chunks : []);
      }
      capture.drop();
    },
    heard(exchange, sides, upload) {
      if (listeners.size === 0) return;
      const { legacy, service } = sides;
      const said = {
        ...(legacy === undefined ? {} : { legacy: toAnswer(legacy) }),
        ...(service === undefined ? {} : { service: toAnswer(service) }),
      };
      if (Object.keys(said).length > 0) record(exchange, said, upload);
    },
    open(order) {
      if (listeners.size >= recordBounds.recordings) return undefined;
      const listener = openAccount(order, why => {
        if (!listeners.delete(listener)) return;
        cancel();
        if (why !== undefined) order.onEnd(why, listener.counts);
      });
      const cancel = clock.after(order.time, () => listener.end('time'));
      listeners.add(listener);
      return { counts: listener.counts, stop: () => listener.end(undefined) };
    },
    close() {
      for (const listener of [...listeners]) listener.end('closed');
    },
  };
}

const toAnswer = ({ status, fields, body }: Answered): RecordedAnswer => ({
  status,
  fields,
  body:
    body.chunks.length > 0 || body.bytes === 0
      ? body.bytes > recordBounds.body
        ? undefined
        : Buffer.concat(body.chunks)
      : undefined,
});
