import { Refusal } from '../core/errors.ts';
import type { Target } from '../core/exchange.ts';

const slash = 0x2f;
const backslash = 0x5c;
const percent = 0x25;
const question = 0x3f;
const hash = 0x23;
const dot = 0x2e;
const semicolon = 0x3b;

/**
 * Splits a request target in origin-form (or `*`) and tells whether it is odd, in one scan.
 * Odd besides what the contract names: a raw `#`, and an overlong UTF-8 spelling of an ASCII character (`%C0%AF`).
 * @throws Refusal `bad-request-target` for NUL, control bytes, raw bytes above 0x7f, or no leading slash.
 */
export function parseTarget(raw: string): Target {
  if (raw === '*') return { raw, path: raw, query: '', isOdd: false };
  if (raw.charCodeAt(0) !== slash) {
    throw new Refusal('bad-request-target', 'the request target must begin with a slash');
  }
  let isOdd = false;
  let end = raw.length;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code < 0x20 || code >= 0x7f) throw badByte(code, at);
    if (at >= end) continue;
    if (code === question) end = at;
    else if (code === slash) isOdd ||= opensOddSegment(raw, at + 1);
    else if (code === percent) isOdd ||= isOddEscape(raw, at);
    else if (code === backslash || code === hash) isOdd = true;
  }
  return end === raw.length
    ? { raw, path: raw, query: '', isOdd }
    : { raw, path: raw.slice(0, end), query: raw.slice(end), isOdd };
}

/**
 * The origin-form of an absolute-form target (RFC 9112 §3.2.2). Default ports count as absent, case does not count.
 * @throws Refusal `bad-request-target` if its authority is not what Host says, or it carries a user.
 */
export function fromAbsoluteForm(raw: string, host: string | undefined): string {
  const found = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(raw);
  const [, scheme = '', authority = '', rest = ''] = found ?? [];
  if (found === null || authority === '') {
    throw new Refusal(
      'bad-request-target',
      'an absolute request target must be http:// or https:// and a host',
    );
  }
  const port = scheme.toLowerCase() === 'http' ? ':80' : ':443';
  if (authority.includes('@') || bare(authority, port) !== bare(host ?? '', port)) {
    throw new Refusal('bad-request-target', 'the authority of the request target is not the one of Host');
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function bare(authority: string, defaultPort: string): string {
  const lower = authority.trim().toLowerCase();
  return lower.endsWith(defaultPort) ? lower.slice(0, -defaultPort.length) : lower;
}

function badByte(code: number, at: number): Refusal {
  const byte = code.toString(16).padStart(2, '0');
  return new Refusal(
    'bad-request-target',
    `byte 0x${byte} at position ${at} of the request target is not allowed`,
  );
}

/** An empty segment that is not the last one, or `.` or `..` in any spelling, with or without `;parameters`. */
function opensOddSegment(raw: string, from: number): boolean {
  if (raw.charCodeAt(from) === slash) return true;
  let at = from;
  let dots = 0;
  while (true) {
    if (raw.charCodeAt(at) === dot) at += 1;
    else if (isEscapeOf(raw, at, '2e')) at += 3;
    else break;
    dots += 1;
  }
  if (dots === 0 || dots > 2) return false;
  const code = raw.charCodeAt(at);
  return (
    at >= raw.length || code === slash || code === question || code === semicolon || isEscapeOf(raw, at, '3b')
  );
}

function isEscapeOf(raw: string, at: number, hex: string): boolean {
  return raw.charCodeAt(at) === percent && raw.slice(at + 1, at + 3).toLowerCase() === hex;
}

/** Not two hex digits, an encoded slash or backslash, or the lead byte of an overlong form. */
function isOddEscape(raw: string, at: number): boolean {
  const byte = hexByte(raw, at + 1);
  if (byte < 0 || byte === slash || byte === backslash || byte === 0xc0 || byte === 0xc1) return true;
  return byte === 0xe0 && raw.charCodeAt(at + 3) === percent && hexByte(raw, at + 4) < 0xa0;
}

const hexByte = (raw: string, at: number): number => {
  const high = hexDigit(raw.charCodeAt(at));
  const low = hexDigit(raw.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
};

const hexDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};
