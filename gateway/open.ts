import type { IncomingMessage } from 'node:http';
import { Refusal } from './core/errors.ts';
import { Exchange, type Target } from './core/exchange.ts';
import { toListMembers } from './core/headers.ts';
import { continueTrace, makeId } from './core/trace-context.ts';
import { formatSize } from './core/units.ts';
import { preflightMethod } from './routing/preflight.ts';
import { fromAbsoluteForm, parseTarget } from './routing/target.ts';
import type { Snapshot } from './snapshot.ts';

/** Methods that are understood here; what Node's parser knows beyond is forwarded too (RFC 9110 §9.3.7). */
export const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Bytes of a request target (414 beyond). */
const maxUrl = 8 * 1024;

/** Fields in a request head (431 beyond); the head as a whole is bounded by the server. */
const maxFields = 512;

const requestIdPattern = /^[A-Za-z0-9._-]{1,128}$/;

/** RFC 3986 §3.2.2, as far as a Host may look: a name, an IPv4 or a bracketed IPv6 address, and a port. */
const hostPattern = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])?(?::\d{0,5})?$/;

/** An exchange as soon as it can be answered at all; its target is read afterwards, so that a refusal has an id. */
export function openExchange(req: IncomingMessage, snapshot: Snapshot, isUpgrade: boolean): Exchange {
  const client = snapshot.clients.identify(req);
  const { headers } = req;
  const asked = client.trusted ? headers['x-request-id'] : undefined;
  const unclaimed = snapshot.routes[0]!;
  const exchange = new Exchange({
    req,
    id: typeof asked === 'string' && requestIdPattern.test(asked) ? asked : makeId(),
    startedAt: performance.now(),
    client,
    method: req.method ?? 'GET',
    target: unread,
    isOverridden:
      headers['x-http-method-override'] !== undefined ||
      headers['x-http-method'] !== undefined ||
      headers['x-method-override'] !== undefined,
    isPreflight: preflightMethod(req.method ?? 'GET', headers) !== undefined,
    isUpgrade,
    traceparent: continueTrace(single(headers.traceparent)),
    route: unclaimed,
    decision: unclaimed.decision,
  });
  exchange.answerFields.push('x-request-id', exchange.id);
  return exchange;
}

/** A field that came once; node joins the others, or keeps the first. */
const single = (field: string | string[] | undefined): string | undefined =>
  typeof field === 'string' ? field : undefined;

const unread: Target = { raw: '/', path: '/', query: '', isOdd: false };

/** Reads the request target and checks what node:http leaves unchecked. Throws a Refusal. */
export function readRequest(exchange: Exchange): void {
  const { req, method } = exchange;
  const raw = req.url ?? '/';
  if (method === 'TRACE' || method === 'CONNECT')
    throw new Refusal('method-not-allowed', `${method} is not supported`, ['allow', allow]);
  if (raw.length > maxUrl)
    throw new Refusal(
      'url-too-long',
      `the request target has ${raw.length} bytes, the bound is ${formatSize(maxUrl)}`,
    );
  if (req.rawHeaders.length > maxFields * 2)
    throw new Refusal(
      'headers-too-large',
      `the head has ${req.rawHeaders.length / 2} fields, the bound is ${maxFields}`,
    );
  checkHost(req);
  checkExpectation(req);
  checkTransferCoding(req);
  const isOriginForm = raw.startsWith('/') || (raw === '*' && method === 'OPTIONS');
  exchange.target = parseTarget(isOriginForm ? raw : fromAbsoluteForm(raw, req.headers.host));
}

function checkHost(req: IncomingMessage): void {
  const { rawHeaders } = req;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1)
    throw new Refusal('bad-message', `the head has ${hosts} Host fields, at most one is allowed`);
  if (hosts === 0 && req.httpVersionMinor > 0)
    throw new Refusal('bad-message', 'the head has no Host field, HTTP/1.1 asks for one');
  if (!hostPattern.test(req.headers.host ?? ''))
    throw new Refusal('bad-message', 'the Host field is not a host');
}

/** RFC 9110 §10.1.1: nothing else can be expected; HTTP/1.0 knows no expectations. */
function checkExpectation({ headers: { expect }, httpVersionMinor }: IncomingMessage): void {
  if (expect === undefined || httpVersionMinor === 0 || expect.toLowerCase() === '100-continue') return;
  throw new Refusal('expectation-failed', `${JSON.stringify(expect)} is expected, only 100-continue can be`);
}

/** RFC 9112 §6.1: `chunked` is the only coding that is understood here. node:http has refused one that is not last. */
function checkTransferCoding({ headers, httpVersionMinor }: IncomingMessage): void {
  const field = headers['transfer-encoding'];
  if (field === undefined) return;
  if (httpVersionMinor === 0)
    throw new Refusal('bad-message', 'HTTP/1.0 has no Transfer-Encoding, so its framing is in doubt');
  if (field.toLowerCase() === 'chunked') return;
  const codings = toListMembers(field);
  if (codings.at(-1) !== 'chunked')
    throw new Refusal('bad-message', 'chunked is not the last transfer coding, so the body has no end');
  if (codings.filter(coding => coding === 'chunked').length > 1)
    throw new Refusal('bad-message', 'chunked is applied more than once');
  throw new Refusal(
    'transfer-coding',
    `the transfer coding ${JSON.stringify(field)} is not supported, only chunked`,
  );
}
