import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Authority, anonymous, type Caller, requireScopes } from './auth.ts';
import { parseJson, readBody } from './body.ts';
import type { Access, Endpoint } from './endpoint.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { createRouter, type Router } from './router.ts';
import { send, sendProblem } from './send.ts';
import { processAt } from './tls.ts';
import { type Trace, traceOf } from './trace.ts';

export interface ListenerOptions {
  readonly service: string;
  readonly endpoints: readonly Endpoint[];
  readonly authority: Authority;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Answers carry `Connection: close` while this is true. */
  readonly isDraining: () => boolean;
}

/** Finds the endpoint, asks who calls, reads the body, answers, and writes one log record: exactly one answer, always. */
export function createListener(options: ListenerOptions): RequestListener {
  const router = createRouter(options.endpoints);
  return async (req, res) => {
    const began = performance.now();
    const trace = traceOf(req.headers);
    if (options.isDraining()) res.setHeader('connection', 'close');
    try {
      await serve(router, options, { req, res, trace });
    } catch (error) {
      if (!(error instanceof Problem)) options.log('error', String(error), { trace, stack: stackOf(error) });
      const problem = error instanceof Problem ? error : new Problem(500, 'internal', 'see the log');
      sendProblem(res, problem, { service: options.service, requestId: trace.requestId });
    }
    keepRecord(options, { req, res, trace, seconds: (performance.now() - began) / 1000, router });
  };
}

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly trace: Trace;
}

async function serve(router: Router, options: ListenerOptions, { req, res, trace }: Exchange): Promise<void> {
  const { path, query } = targetOf(req);
  const { endpoint, params } = router.find(req.method ?? '', path);
  const caller = await admit(options.authority, endpoint.access, req.headers.authorization);
  const hasBody = endpoint.method !== 'GET' && endpoint.method !== 'DELETE';
  const body = hasBody ? await readBody(req, endpoint.takes ?? 'json') : Buffer.alloc(0);
  const answer = await endpoint.handle({
    params,
    query: new URLSearchParams(query),
    headers: req.headers,
    body,
    json: () => parseJson(body),
    caller,
    trace,
    peer: req.socket.remoteAddress ?? '',
  });
  send(req, res, answer);
}

async function admit(
  authority: Authority,
  access: Access,
  authorization: string | undefined,
): Promise<Caller> {
  if (access === 'open') return anonymous;
  const caller = await authority.identify(authorization);
  requireScopes(caller, 'scopes' in access ? access.scopes : []);
  return caller;
}

function targetOf(req: IncomingMessage): { path: string; query: string } {
  const [path = '', query = ''] = (req.url ?? '').split(/\?(.*)/s);
  return { path, query };
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

function keepRecord(
  { metrics, log }: ListenerOptions,
  { req, res, trace, seconds, router }: Exchange & { seconds: number; router: Router },
): void {
  const route = router.patternOf(targetOf(req).path);
  const method = methods.has(req.method ?? '') ? (req.method ?? '') : 'other';
  const labels = {
    http_route: route,
    http_request_method: method,
    http_response_status_code: res.statusCode,
  };
  metrics.time('http_server_request_duration_seconds', labels, seconds);
  // Probes come every second and say nothing while they succeed.
  if (isStandard(route) && res.statusCode < 400) return;
  const ms = Math.round(seconds * 10_000) / 10;
  const fields = { method, route, status: res.statusCode, ms, process: processAt(req.socket) };
  log('info', 'request', { trace, ...fields });
}

const isStandard = (route: string): boolean =>
  ['/livez', '/readyz', '/metrics', '/openapi.json'].includes(route);

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined);
