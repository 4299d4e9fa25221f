import type { Trace } from './trace.ts';

export type Level = 'info' | 'warn' | 'error';

/** Writes one JSON record a line: `time level service trace_id request_id msg`, then the fields. Never a credential. */
export type Log = (level: Level, msg: string, fields?: LogFields) => void;

export interface LogFields {
  readonly trace?: Trace;
  readonly [field: string]: unknown;
}

export const createLog =
  (service: string, write: (line: string) => void): Log =>
  (level, msg, { trace, ...fields } = {}) =>
    write(
      JSON.stringify({
        time: new Date().toISOString(),
        level,
        service,
        ...(trace && { trace_id: trace.traceId, request_id: trace.requestId }),
        msg,
        ...fields,
      }),
    );
