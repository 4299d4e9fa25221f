import { dropAdminCookies } from '../core/admin-cookie.ts';
import type { Exchange } from '../core/exchange.ts';
import {
  fieldValue,
  foldName,
  isFieldValue,
  isIdentityName,
  removeFields,
  toListMembers,
} from '../core/headers.ts';
import type { Leg } from './plan.ts';

/** The name by which the gateway signs `Via` and `Proxy-Status`. */
export const pseudonym = 'figway';

/** The head of a request for one leg, built once and used for all its attempts. */
export interface RequestHead {
  /**
   * Flat raw pairs; the first is Host, whose value is set for each attempt. Where the upstream has credentials, so is
   * that of the second, Authorization.
   */
  readonly fields: string[];
  /** Host as the client sent it; empty if it sent none (HTTP/1.0). */
  readonly host: string;
  /** Bytes of body that the client announced: 0 for none, undefined for chunked. */
  readonly length: number | undefined;
  /** `Via` says that it has been here already. */
  readonly isLoop: boolean;
}

/** What to do with a field of a request. Everything that is not listed passes as it came. */
type Treatment =
  | 'pass'
  | 'drop'
  | 'connection'
  | 'host'
  | 'length'
  | 'coding'
  | 'te'
  | 'via'
  | 'cookie'
  | 'authorization'
  | 'traceparent'
  | 'tracestate'
  | 'forwarded-for'
  /** Kept from a trusted peer, replaced otherwise. */
  | 'forwarded'
  /** Kept from a trusted peer, dropped otherwise. */
  | 'trusted'
  /** Kept towards legacy, dropped towards services. */
  | 'legacy';

const treatments: Readonly<Record<string, Treatment>> = {
  connection: 'connection',
  'keep-alive': 'drop',
  'proxy-connection': 'drop',
  'proxy-authorization': 'drop',
  'transfer-encoding': 'coding',
  te: 'te',
  trailer: 'drop',
  upgrade: 'drop',
  'http2-settings': 'drop',
  expect: 'drop',
  host: 'host',
  'content-length': 'length',
  via: 'via',
  cookie: 'cookie',
  authorization: 'authorization',
  forwarded: 'drop',
  'x-forwarded-for': 'forwarded-for',
  'x-forwarded-proto': 'forwarded',
  'x-forwarded-host': 'forwarded',
  'x-forwarded-port': 'forwarded',
  'x-request-id': 'drop',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  'x-original-url': 'trusted',
  'x-rewrite-url': 'trusted',
  'x-http-method-override': 'legacy',
  'x-http-method': 'legacy',
  'x-method-override': 'legacy',
};

/** Names that `Connection` cannot name away: without them the message would mean something else. */
const unremovable: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'cookie',
  'via',
]);
/** Options of `Connection` that name no field to be dropped here. */
const plainOptions = /^(?:keep-alive|close|upgrade|te)$/i;

const remembered = new Map<string, Treatment>();
/** Clients send few names, but could send any: what is remembered has a bound. */
const maxRemembered = 2000;

function treatmentOf(name: string): Treatment {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const treatment = Object.hasOwn(treatments, lower) ? treatments[lower] : undefined;
  const found = treatment ?? (isIdentityName(lower) ? 'drop' : 'pass');
  if (remembered.size < maxRemembered && name.length <= 64) remembered.set(name, found);
  return found;
}

/** The head for an upstream from the head that came, in one pass (contract §4). */
export function toRequestHead(exchange: Exchange, leg: Leg): RequestHead {
  const raw = exchange.req.rawHeaders;
  const { trusted } = exchange.client;
  const { withheld } = leg;
  const isLegacy = leg.side === 'legacy';
  const hasOwnToken = leg.upstream.hasCredentials;
  const keepsAuthorization = isLegacy || (exchange.minted === undefined && !hasOwnToken);
  const fields: string[] = hasOwnToken ? ['host', '', 'authorization', ''] : ['host', ''];
  let host = '';
  let length: number | undefined = 0;
  let named: string[] | undefined;
  let forwardedFor = '';
  let callerTrace = '';
  let isLoop = false;

  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    switch (treatmentOf(name)) {
      case 'pass':
        if (!isSpelling(name, withheld)) fields.push(name, value);
        break;
      case 'drop':
        break;
      case 'connection':
        if (!plainOptions.test(value)) named = [...(named ?? []), ...toListMembers(value)];
        break;
      case 'host':
        host = value;
        break;
      case 'length':
        length = Number(value);
        fields.push(name, value);
        break;
      case 'coding':
        length = undefined;
        break;
      case 'te':
        if (toListMembers(value).some(member => /^trailers\b/.test(member))) fields.push('te', 'trailers');
        break;
      case 'via':
        isLoop ||= namesGateway(value);
        fields.push(name, value);
        break;
      case 'cookie': {
        const own = dropAdminCookies(value);
        const kept = isLegacy ? own : pickCookies(own, leg.upstream.config.cookies);
        if (kept !== '') fields.push(name, kept);
        break;
      }
      case 'authorization':
        if (keepsAuthorization) fields.push(name, value);
        break;
      case 'traceparent':
        callerTrace = value;
        break;
      case 'tracestate':
        fields.push(name, value);
        break;
      case 'forwarded-for':
        if (trusted) forwardedFor = forwardedFor === '' ? value : `${forwardedFor}, ${value}`;
        break;
      case 'forwarded':
      case 'trusted':
        if (trusted) fields.push(name, value);
        break;
      case 'legacy':
        if (isLegacy) fields.push(name, value);
        break;
    }
  }

  if (named !== undefined) removeNamed(fields, named);
  // The caller's trace goes on only if its traceparent was valid; else its state means nothing.
  if (callerTrace.slice(3, 35) !== exchange.traceparent.slice(3, 35))
    removeFields(fields, name => name === 'tracestate');
  addOwn(fields, exchange, host, forwardedFor);
  if (!isLegacy) {
    addIdentity(fields, exchange);
    addToken(fields, exchange, hasOwnToken);
  }
  return { fields, host, length, isLoop };
}

const isSpelling = (name: string, folded: string | undefined): boolean =>
  folded !== undefined && name.length === folded.length && foldName(name) === folded;

function removeNamed(fields: string[], named: readonly string[]): void {
  const removed = new Set(named.filter(name => !unremovable.has(name)));
  // The first pair is the gateway's own Host.
  if (removed.size > 0) removeFields(fields, name => removed.has(name));
}

/** The fields that the gateway says of itself and of the client. */
function addOwn(fields: string[], exchange: Exchange, host: string, forwardedFor: string): void {
  const { peer, proto, trusted } = exchange.client;
  fields.push('x-forwarded-for', forwardedFor === '' ? peer : `${forwardedFor}, ${peer}`);
  const isMissing = (name: string) => !trusted || fieldValue(fields, name) === undefined;
  if (isMissing('x-forwarded-proto')) fields.push('x-forwarded-proto', proto);
  if (host !== '') {
    if (isMissing('x-forwarded-host')) fields.push('x-forwarded-host', host);
    if (isMissing('x-forwarded-port')) fields.push('x-forwarded-port', portOf(host, proto));
  }
  fields.push('x-request-id', exchange.id, 'traceparent', exchange.traceparent, 'via', `1.1 ${pseudonym}`);
}

function portOf(host: string, proto: 'http' | 'https'): string {
  const colon = host.lastIndexOf(':');
  if (colon > host.lastIndexOf(']') && colon < host.length - 1) return host.slice(colon + 1);
  return proto === 'https' ? '443' : '80';
}

/** What the auth guard knows of the user. A value that is no field value is not written at all. */
function addIdentity(fields: string[], { identity }: Exchange): void {
  if (identity.user !== undefined && isFieldValue(identity.user)) fields.push('x-user-id', identity.user);
  const scopes = identity.scopes.filter(isOneWord);
  if (scopes.length > 0) fields.push('x-user-scopes', scopes.join(' '));
  const roles = identity.roles.filter(isOneWord);
  if (roles.length > 0) fields.push('x-user-roles', roles.join(' '));
}

/**
 * The token that the gateway minted for the user, in the place of what the client sent. Where that place is the upstream's
 * own, the user's token, minted or the client's, goes beside it (contract §4).
 */
function addToken(fields: string[], { minted, req }: Exchange, hasOwnToken: boolean): void {
  if (!hasOwnToken) {
    if (minted !== undefined) fields.push('authorization', minted);
    return;
  }
  const token = bearerPattern.exec(minted ?? req.headers.authorization ?? '')?.[1];
  if (token !== undefined) fields.push('x-user-token', token);
}

/** A bearer token in an Authorization field (RFC 6750 §2.1). */
const bearerPattern = /^bearer +([\w.~+/-]+=*) *$/i;

const isOneWord = (text: string): boolean => /^[\x21-\x7e\x80-\xff]+$/.test(text);

const viaPattern = new RegExp(pseudonym, 'i');

/** Whether a `Via` value names this gateway as received-by (RFC 9110 §7.6.3). */
const namesGateway = (via: string): boolean =>
  viaPattern.test(via) && toListMembers(via).some(member => member.split(/[ \t]+/)[1] === pseudonym);

/** The cookies of a Cookie value that are named, as they came and in their order. */
function pickCookies(value: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  return value
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => names.includes(pair.split('=', 1)[0] ?? ''))
    .join('; ');
}
