import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';
import { Problem, toProblemJson } from './problem.ts';

/** One path and method that the service answers. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** Literal segments and `:id`. */
  readonly path: string;
  /** Throws a Problem instead of an answer. */
  readonly handle: (call: Call) => Answer;
}

export interface Call {
  /** What stands for `:id`; empty if the path has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** At most `maxBody` bytes; empty for GET. */
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is; anything else as JSON. */
  readonly body: unknown;
}

export interface ListenerOptions {
  readonly endpoints: readonly Endpoint[];
  readonly metrics: Metrics;
  /** Takes one JSON record a line. */
  readonly log: (line: string) => void;
  /** Answers carry `Connection: close` while this is true. */
  readonly isDraining: () => boolean;
}

/** Bytes that a request body may have. */
export const maxBody = 64 * 1024;

/** Finds the endpoint, reads the body, answers, and writes one log record: whatever happens, exactly one answer. */
export function createListener(options: ListenerOptions): RequestListener {
  const routes = options.endpoints.map(endpoint => ({ ...endpoint, pattern: toPattern(endpoint.path) }));
  return async (req, res) => {
    const began = performance.now();
    const trace = traceOf(req);
    const method = req.method === 'HEAD' ? 'GET' : req.method;
    const [path = '', query = ''] = (req.url ?? '').split(/\?(.*)/s);
    const found = routes.filter(route => route.pattern.test(path));
    try {
      const route = found.find(candidate => candidate.method === method);
      if (found.length === 0) throw new Problem(404, 'not-found', `nothing is at ${path}`);
      if (!route) throw notAllowed(req.method ?? '', found);
      const id = route.pattern.exec(path)?.[1] ?? '';
      const body = route.method === 'POST' ? await readBody(req) : Buffer.alloc(0);
      const call = { id, query: new URLSearchParams(query), headers: req.headers, body };
      send(req, res, route.handle(call), options);
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(500, 'internal', 'see the log');
      if (problem !== error) options.log(record('error', trace, { msg: String(error) }));
      sendProblem(res, problem, trace.request_id);
    }
    const ms = performance.now() - began;
    const known = found[0]?.path ?? 'none';
    const verb = method === 'GET' || method === 'POST' ? method : 'other';
    options.metrics.observe(known, verb, res.statusCode, ms / 1000);
    // Probes come every second and say nothing while they succeed.
    if (!known.startsWith('/v1') && res.statusCode < 400) return;
    const fields = { msg: 'request', method: req.method, route: known, status: res.statusCode };
    options.log(record('info', trace, { ...fields, ms: Math.round(ms * 10) / 10 }));
  };
}

const toPattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replace(':id', '([^/]+)')}$`);

interface Trace {
  readonly trace_id: string;
  readonly request_id: string;
}

/** The trace and the request that the gateway named, or new ones. */
function traceOf(req: IncomingMessage): Trace {
  const parent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/.exec(String(req.headers.traceparent ?? ''));
  const given = req.headers['x-request-id'];
  const isFine = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given);
  return {
    trace_id: parent?.[1] ?? randomBytes(16).toString('hex'),
    request_id: isFine ? given : randomBytes(8).toString('hex'),
  };
}

const record = (level: string, trace: Trace, fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ time: new Date().toISOString(), level, service: 'orders', ...trace, ...fields });

function notAllowed(method: string, found: readonly Endpoint[]): Problem {
  const allowed = found.map(route => (route.method === 'GET' ? 'GET, HEAD' : route.method)).join(', ');
  return new Problem(405, 'method-not-allowed', `${method} is not among ${allowed}`, {
    headers: { allow: allowed },
  });
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? '')) {
    throw new Problem(415, 'unsupported-type', 'expected content-type application/json');
  }
  const tooLarge = new Problem(413, 'body-too-large', `a body has at most ${maxBody} bytes`);
  if (Number(req.headers['content-length'] ?? 0) > maxBody) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(req: IncomingMessage, res: ServerResponse, answer: Answer, options: ListenerOptions): void {
  const isText = typeof answer.body === 'string';
  const body = isText ? String(answer.body) : JSON.stringify(answer.body);
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const isTagged = answer.status === 200 && !isText;
  if (options.isDraining()) res.setHeader('connection', 'close');
  if (isTagged && matches(req.headers['if-none-match'], etag)) {
    res.writeHead(304, { etag }).end();
    return;
  }
  res.writeHead(answer.status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...(isTagged && { etag, 'cache-control': 'private, no-cache' }),
    ...answer.headers,
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

const matches = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some(tag => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);

function sendProblem(res: ServerResponse, problem: Problem, requestId: string): void {
  const body = toProblemJson(problem, requestId);
  // What is left of a refused upload is not read, so the connection cannot carry another request.
  if (problem.status === 413 || problem.status === 415) res.setHeader('connection', 'close');
  res.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...problem.headers,
  });
  res.end(body);
}
