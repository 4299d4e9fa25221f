import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './endpoint.ts';
import { type Problem, toProblemJson } from './problem.ts';

/** Writes an answer. JSON with status 200 gets an ETag, and 304 if the client has it already (RFC 9110 §13.1.2). */
export function send(req: IncomingMessage, res: ServerResponse, answer: Answer): void {
  if (answer.body === undefined) {
    res.writeHead(answer.status, answer.headers).end();
    return;
  }
  const isText = typeof answer.body === 'string';
  const body = isText ? String(answer.body) : JSON.stringify(answer.body);
  const isTagged = answer.status === 200 && !isText && answer.headers?.['cache-control'] === undefined;
  const etag = isTagged ? `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` : '';
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  if (isTagged && isRead && matches(req.headers['if-none-match'], etag)) {
    res.writeHead(304, { etag }).end();
    return;
  }
  res.writeHead(answer.status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(isTagged && { etag, 'cache-control': 'private, no-cache' }),
    ...answer.headers,
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

const matches = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some(tag => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);

/** Writes a problem, unless an answer has begun. */
export function sendProblem(
  res: ServerResponse,
  problem: Problem,
  from: { readonly service: string; readonly requestId: string },
): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const body = toProblemJson(problem, from);
  // What is left of an upload that was refused is not read, so the connection cannot carry another request.
  if (!res.req.complete) res.setHeader('connection', 'close');
  res.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...problem.headers,
  });
  res.end(res.req.method === 'HEAD' ? undefined : body);
}
