import type { Answer, Call } from '../chassis/endpoint.ts';

/** A request to the token endpoint: a form (RFC 6749 §4.4.2, §6). */
export interface TokenRequest {
  readonly form: URLSearchParams;
  /** Undefined if it asks for none in particular. */
  readonly scopes: readonly string[] | undefined;
  /** Whether a client says who it is. */
  readonly hasCredentials: boolean;
}

export type OAuthError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope';

/** An error as RFC 6749 §5.2 has it: 400, and 401 with a challenge for `invalid_client`. */
export const refuse = (error: OAuthError, description: string): Answer => ({
  status: error === 'invalid_client' ? 401 : 400,
  headers: {
    'cache-control': 'no-store',
    pragma: 'no-cache',
    ...(error === 'invalid_client' && { 'www-authenticate': 'Basic realm="shop"' }),
  },
  body: { error, error_description: description },
});

/** Parameters come once each, empty ones count as left out (§3.2), unknown ones are ignored. */
export function toTokenRequest({ headers, body }: Pick<Call, 'headers' | 'body'>): TokenRequest | Answer {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    return refuse('invalid_request', 'expected application/x-www-form-urlencoded');
  }
  const form = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (form.has(name)) return refuse('invalid_request', 'a parameter comes more than once');
    if (value !== '') form.set(name, value);
  }
  const scope = form.get('scope');
  if (scope !== null && !/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(scope)) {
    return refuse('invalid_scope', 'scope is a list of words with one space between');
  }
  const hasCredentials =
    headers.authorization !== undefined || form.has('client_id') || form.has('client_secret');
  return { form, scopes: scope === null ? undefined : [...new Set(scope.split(' '))], hasCredentials };
}

/** By `Authorization: Basic`, both parts form-encoded, or as parameters; never both (§2.3.1). */
export function readClientCredentials(
  { headers }: Pick<Call, 'headers'>,
  { form }: TokenRequest,
): { readonly id: string; readonly secret: string } | Answer {
  const { authorization } = headers;
  if (authorization === undefined) {
    const [id, secret] = [form.get('client_id'), form.get('client_secret')];
    if (id === null || secret === null) return refuse('invalid_client', 'the client has to say who it is');
    return { id, secret };
  }
  if (form.has('client_secret')) return refuse('invalid_request', 'a client says who it is in one way only');
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1] ?? '';
  const [, id = '', secret = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  const decoded = { id: formDecode(id), secret: formDecode(secret) };
  if (!decoded.id || !decoded.secret)
    return refuse('invalid_client', 'expected Basic with an id and a secret');
  if ((form.get('client_id') ?? decoded.id) !== decoded.id) {
    return refuse('invalid_request', 'client_id is another one than that of Basic');
  }
  return { id: decoded.id, secret: decoded.secret };
}

/** Undefined for an invalid escape. */
function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
