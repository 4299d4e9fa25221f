/** Figway's recorded traffic as requests that can be sent again: what `figway record` writes and `compare pairs` reads. Pure. */
import { parseObject } from './json-log.ts';
import { type ReadLine, show, toRequest, toStatus } from './recorded.ts';

/** Of `legacy` and `service` one is enough, and only its status counts: both sides are asked anew. */
export const readPairLine: ReadLine = text => {
  const line = parseObject(text);
  if (line === undefined) return { fault: `no JSON object: ${show(text)}` };
  const request = objectIn(line, 'request');
  if (request === undefined || typeof request.url !== 'string')
    return { fault: 'request.url: expected the address that was asked, got nothing' };
  const fields = toFields(request.headers);
  if (fields === undefined) return { fault: 'request.headers: expected texts or lists of texts' };
  const body = toBody(request);
  if (body === 'fault')
    return { fault: 'request: expected body as text or bodyBase64 as base64, and not both' };
  if (body !== undefined && /"\*{3}"|=\*{3}(?:&|$)/.test(body.toString()))
    return { passed: 'its body was redacted' };
  const status = toStatus(objectIn(line, 'legacy')?.status) ?? toStatus(objectIn(line, 'service')?.status);
  const method = request.method === undefined ? 'GET' : String(request.method);
  const isBodyLost = body === undefined && request.bodyLost === true;
  return toRequest({
    ...{ method, target: request.url, fields, body, status },
    ...(isBodyLost ? { isBodyLost } : {}),
  });
};

type Fields = Readonly<Record<string, unknown>>;

function objectIn(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Flat raw pairs; undefined for what is none. */
function toFields(headers: unknown): string[] | undefined {
  if (headers === undefined || headers === null) return [];
  if (typeof headers !== 'object' || Array.isArray(headers)) return undefined;
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(headers as Fields))
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string' && typeof one !== 'number') return undefined;
      pairs.push(name, String(one));
    }
  return pairs;
}

function toBody({ body, bodyBase64 }: Fields): Buffer | undefined | 'fault' {
  if (body === undefined && bodyBase64 === undefined) return undefined;
  if (typeof body === 'string' && bodyBase64 === undefined) return Buffer.from(body, 'utf8');
  if (typeof bodyBase64 !== 'string' || body !== undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(bodyBase64))
    return 'fault';
  return Buffer.from(bodyBase64, 'base64');
}
