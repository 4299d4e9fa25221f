/** What a token endpoint gave (RFC 6749 §5.1). */
export interface AccessToken {
  readonly token: string;
  /** Milliseconds that it lives. */
  readonly lifetime: number;
}

/** Milliseconds for a server that does not say, and the longest that is believed. */
const usualLifetime = 300_000;
const longestLifetime = 24 * 3_600_000;

/** Bytes; the head of a request has to hold it. */
const longestToken = 8192;

/** Reads a 200 of a token endpoint. Returns what is wrong with it, for people, and nothing of what stands in it. */
export function parseAccessToken(body: Buffer): AccessToken | string {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null) return 'expected a JSON object, got something else';
  const { access_token: token, token_type: type, expires_in: life } = value as Record<string, unknown>;
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    return 'expected `token_type` to be Bearer';
  // b64token of RFC 6750 §2.1.
  if (typeof token !== 'string' || token.length > longestToken || !/^[\w.~+/-]+=*$/.test(token))
    return `expected \`access_token\` to be a bearer token of up to ${longestToken} characters`;
  const seconds = life === undefined ? usualLifetime / 1000 : Number(life);
  if (!(seconds > 0)) return 'expected `expires_in` to be more than 0 seconds';
  return { token, lifetime: Math.min(seconds * 1000, longestLifetime) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
