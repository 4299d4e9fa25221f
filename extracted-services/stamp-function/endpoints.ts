import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import type { Log } from '../chassis/log.ts';
import type { Metrics } from '../chassis/metrics.ts';
import { Problem } from '../chassis/problem.ts';
import { type FailureKind, FunctionFailure } from './runtime/function.ts';
import type { Invoked, Pool } from './runtime/pool.ts';

export interface EndpointDeps {
  readonly pool: Pool;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What an event becomes that the function did not answer. */
const failures: Readonly<Record<FailureKind, readonly [status: number, code: string, detail: string]>> = {
  timeout: [504, 'function-slow', 'the function did not answer in time'],
  crashed: [502, 'function-crashed', 'the function ended without an answer'],
  failed: [502, 'function-failed', 'the function failed'],
  malformed: [502, 'function-failed', 'the function failed'],
  unstarted: [503, 'function-unstarted', 'the function could not be started'],
  busy: [503, 'function-busy', 'the function has more to do than it may'],
};

/** The function behind HTTP. Everybody may call: the signature says who sends. */
export const createEndpoints = (deps: EndpointDeps): readonly Endpoint[] => [
  { method: 'POST', path: '/v1/stamp', access: 'open', takes: 'any', handle: call => invoke(deps, call) },
];

async function invoke({ pool, metrics, log }: EndpointDeps, call: Call): Promise<Answer> {
  const event = { headers: headersOf(call), body: call.body.toString('base64') };
  try {
    const invoked = await pool.invoke(event, call.trace.requestId);
    keepFigures(metrics, invoked);
    return toAnswer(invoked);
  } catch (error) {
    if (!(error instanceof FunctionFailure)) throw error;
    metrics.count('function_invocations_total', { outcome: error.kind });
    log('warn', 'function-failed', { trace: call.trace, kind: error.kind, detail: error.message });
    const [status, code, detail] = failures[error.kind];
    throw new Problem(status, code, detail, { headers: status === 503 ? { 'retry-after': '1' } : {} });
  }
}

/** A credential is none of the function's business. */
const headersOf = ({ headers }: Call): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== 'authorization' && name !== 'cookie')
      .map(([name, value]) => [name, String(value)]),
  );

function keepFigures(metrics: Metrics, { answer, coldMs, runMs }: Invoked): void {
  const outcome = answer.status < 400 ? 'answered' : 'refused';
  metrics.count('function_invocations_total', { outcome });
  metrics.time('function_run_seconds', {}, runMs / 1000);
  if (coldMs !== undefined) metrics.time('function_cold_start_seconds', {}, coldMs / 1000);
}

function toAnswer({ answer, coldMs, runMs }: Invoked): Answer {
  const cold = coldMs === undefined ? '' : `cold;dur=${coldMs.toFixed(1)}, `;
  const headers = { 'server-timing': `${cold}run;dur=${runMs.toFixed(1)}`, 'cache-control': 'no-store' };
  const { status, body } = answer;
  if (status < 400) return { status, headers, body };
  throw new Problem(status, String(body.code), String(body.detail), { headers });
}
