import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { debugField } from './core/debug-field.ts';
import { errorRow, Refusal } from './core/errors.ts';
import type { Exchange } from './core/exchange.ts';
import { type ProblemFacts, renderProblem, renderRawProblem } from './core/problem-json.ts';
import { makeId } from './core/trace-context.ts';
import type { Reply } from './edge/guard.ts';
import { allow } from './open.ts';
import { closeGently, lingerOnClose } from './proxy/linger.ts';

/** `OPTIONS *` is about the gateway itself. */
export function answerAsterisk(exchange: Exchange, res: ServerResponse): void {
  exchange.status = 204;
  exchange.isComplete = true;
  res.writeHead(204, [...exchange.answerFields, 'allow', allow]);
  res.end();
}

/** Where services find the keys of minted tokens, on whatever host; only a gateway that mints answers there. */
export const keysPath = '/.well-known/figway/jwks.json';

/** Seconds for which the keys may be cached: a new one is known everywhere that long after it was published. */
const keysAge = 60;

/** @param keys the JWK Set (RFC 7517 §5) as JSON. */
export function answerKeys(exchange: Exchange, res: ServerResponse, keys: string): void {
  const { method, req } = exchange;
  if (method !== 'GET' && method !== 'HEAD')
    throw new Refusal('method-not-allowed', `${method} is not for keys`, ['allow', 'GET, HEAD']);
  const body = Buffer.from(keys);
  exchange.status = 200;
  exchange.isComplete = true;
  exchange.bytesOut = method === 'HEAD' ? 0 : body.length;
  res.writeHead(200, [
    ...exchange.answerFields,
    ...['content-type', 'application/jwk-set+json', 'content-length', String(body.length)],
    ...['cache-control', `public, max-age=${keysAge}`, 'x-content-type-options', 'nosniff'],
  ]);
  res.end(method === 'HEAD' ? undefined : body);
  if (!req.complete) req.resume();
}

/** What a guard answers by itself. */
export function answerReply(exchange: Exchange, res: ServerResponse, reply: Reply): void {
  exchange.status = reply.status;
  exchange.isComplete = true;
  res.writeHead(reply.status, [...exchange.answerFields, ...reply.fields]);
  res.end();
  if (!exchange.req.complete) exchange.req.resume();
}

/** Answers with the problem, or cuts the connection where an answer has begun. */
export function answerError(
  exchange: Exchange,
  res: ServerResponse,
  refusal: Refusal,
  isDebugged: boolean,
): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const problem = renderProblem(refusal.code, factsOf(exchange, refusal));
  const fields = [...exchange.answerFields, ...problem.fields];
  if (isDebugged) fields.push('x-figway', debugField(exchange));
  if (closes(exchange, refusal)) {
    fields.push('Connection', 'close');
    lingerOnClose(exchange.req.socket);
  }
  exchange.status = problem.status;
  exchange.isComplete = true;
  exchange.bytesOut = Buffer.byteLength(problem.body);
  res.writeHead(problem.status, fields);
  res.end(exchange.method === 'HEAD' ? undefined : problem.body);
  // What is left of an upload would otherwise be read as the next request, or fill the socket.
  if (!exchange.req.complete) exchange.req.resume();
}

/** For a failure of the gateway itself that no exchange knows of. */
export function answerCrash(res: ServerResponse): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const problem = renderProblem('internal', { detail: 'the gateway failed', instance: makeId() });
  res.writeHead(problem.status, [...problem.fields]);
  res.end(problem.body);
}

export function answerErrorRaw(exchange: Exchange, socket: Duplex, refusal: Refusal): void {
  exchange.status = errorRow(refusal.code).status;
  if (!socket.writable) return;
  exchange.isComplete = true;
  socket.write(renderRawProblem(refusal.code, factsOf(exchange, refusal)));
  closeGently(socket as Socket);
}

const factsOf = (exchange: Exchange, refusal: Refusal): ProblemFacts => ({
  detail: refusal.message,
  instance: exchange.id,
  accept: exchange.req.headers.accept,
  fields: refusal.fields,
});

/** After a message whose end is in doubt, or an upload that nobody reads, the connection cannot be used again. */
const closes = ({ req }: Exchange, { code }: Refusal): boolean =>
  code === 'bad-message' || code === 'transfer-coding' || (!req.complete && hasBody(req.headers));

const hasBody = ({ 'content-length': length, 'transfer-encoding': coding }: IncomingHttpHeaders): boolean =>
  coding !== undefined || (length !== undefined && length !== '0');
