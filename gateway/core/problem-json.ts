import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errorRow } from './errors.ts';

/** One error as an answer: RFC 9457 problem+json, or a plain page for a client that prefers HTML. */
export interface RenderedProblem {
  readonly status: number;
  /** Flat raw pairs, framing included; `x-request-id` is the caller's to add. */
  readonly fields: readonly string[];
  readonly body: string;
}

export interface ProblemFacts {
  /** Names the thing, the bound and the value; never a credential. */
  readonly detail: string;
  /** The request id. */
  readonly instance: string;
  /** The Accept field as it came. */
  readonly accept?: string | undefined;
  /** Further response fields, flat raw pairs: those of a `Refusal`. */
  readonly fields?: readonly string[];
  /** Members besides the usual ones (RFC 9457 §3.2), in JSON alone. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A row of some table of errors; `core/errors.ts` has the gateway's, `admin/problems.ts` the admin port's. */
export interface ProblemRow {
  readonly status: number;
  readonly title: string;
  readonly proxyStatus?: string;
}

export const problemType = (code: string): string => `https://figway.dev/errors/${code}`;

export const renderProblem = (code: ErrorCode, facts: ProblemFacts): RenderedProblem =>
  renderRow(code, errorRow(code), facts);

/** The same for a code of another table. */
export function renderRow(code: string, row: ProblemRow, facts: ProblemFacts): RenderedProblem {
  const isHtml = prefersHtml(facts.accept);
  const body = isHtml ? toPage(code, row, facts) : toJson(code, row, facts);
  return {
    status: row.status,
    fields: [
      'content-type',
      isHtml ? 'text/html; charset=utf-8' : 'application/problem+json',
      'content-length',
      String(Buffer.byteLength(body)),
      'cache-control',
      'no-store',
      'x-content-type-options',
      'nosniff',
      ...(isHtml ? ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"] : []),
      ...(row.proxyStatus === undefined ? [] : ['proxy-status', `figway; error=${row.proxyStatus}`]),
      ...(facts.fields ?? []),
    ],
    body,
  };
}

/** The whole answer as HTTP/1.1 bytes, for a socket that has no ServerResponse; it closes the connection. */
export function renderRawProblem(code: ErrorCode, facts: ProblemFacts): Buffer {
  const { status, fields, body } = renderProblem(code, facts);
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`];
  for (let at = 0; at < fields.length; at += 2) lines.push(`${fields[at]}: ${fields[at + 1]}`);
  if (facts.instance !== '') lines.push(`x-request-id: ${facts.instance}`);
  lines.push('connection: close');
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Whether Accept (RFC 9110 §12.5.1) names HTML, and likes it at least as much as JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined || !/html/i.test(accept)) return false;
  const html = qualityOf(accept, /^(?:text\/html|application\/xhtml\+xml)$/i);
  return html > 0 && html >= qualityOf(accept, /^application\/(?:[\w.-]+\+)?json$/i);
}

/** The best weight among the media ranges that `type` matches; 0 if none does. */
function qualityOf(accept: string, type: RegExp): number {
  let best = 0;
  for (const range of accept.split(',', 32)) {
    const [media = '', ...parameters] = range.split(';');
    if (!type.test(media.trim())) continue;
    const weight = parameters
      .map(one => /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(one)?.[1])
      .find(Boolean);
    best = Math.max(best, weight === undefined ? 1 : Number(weight));
  }
  return best;
}

const toJson = (code: string, row: ProblemRow, { detail, instance, more }: ProblemFacts): string =>
  `${JSON.stringify({ ...more, type: problemType(code), title: row.title, status: row.status, detail, instance, code })}\n`;

const toPage = (code: string, { status, title }: ProblemRow, { detail, instance }: ProblemFacts): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${status} ${escapeHtml(title)}</title></head>
<body><h1>${status} ${escapeHtml(title)}</h1><p>${escapeHtml(detail)}</p>
<p><small>Code ${escapeHtml(code)}, request ${escapeHtml(instance)}</small></p></body></html>
`;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe between HTML tags and inside quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, character => escapes[character] ?? character);
