import { debugField } from '../core/debug-field.ts';
import type { Exchange } from '../core/exchange.ts';
import { fieldValue, isIdentityName, removeFields, toListMembers } from '../core/headers.ts';
import { type Address, clientOrigin, mapCookie, mapLink, mapReference } from './location.ts';
import type { Leg, Plan } from './plan.ts';
import type { Instance } from './upstream.ts';

/** The head of an answer as the client gets it. */
export interface ResponseHead {
  /** Flat raw pairs; framing and connection fields that Node sets are not among them. */
  readonly fields: string[];
  /** Whether trailers can follow. */
  readonly hasTrailers: boolean;
  readonly isEventStream: boolean;
}

type Treatment =
  | 'pass'
  | 'drop'
  | 'connection'
  | 'length'
  | 'trailer'
  | 'type'
  | 'reference'
  | 'link'
  | 'cookie'
  | 'location'
  | 'cors'
  | 'request-id';

const treatments: Readonly<Record<string, Treatment>> = {
  connection: 'connection',
  'keep-alive': 'drop',
  'proxy-connection': 'drop',
  'transfer-encoding': 'drop',
  te: 'drop',
  upgrade: 'drop',
  trailer: 'trailer',
  'content-length': 'length',
  'content-type': 'type',
  location: 'location',
  'access-control-allow-origin': 'cors',
  'access-control-allow-credentials': 'cors',
  'access-control-allow-methods': 'cors',
  'access-control-allow-headers': 'cors',
  'access-control-expose-headers': 'cors',
  'access-control-max-age': 'cors',
  'access-control-allow-private-network': 'cors',
  'content-location': 'reference',
  link: 'link',
  'set-cookie': 'cookie',
  'x-request-id': 'request-id',
};

/** Names that `Connection` cannot name away. */
const unremovable: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'content-type',
  'set-cookie',
]);
const plainOptions = /^(?:keep-alive|close|upgrade)$/i;

const remembered = new Map<string, Treatment>();
const maxRemembered = 2000;

function treatmentOf(name: string): Treatment {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const found = (Object.hasOwn(treatments, lower) ? treatments[lower] : undefined) ?? 'pass';
  if (remembered.size < maxRemembered && name.length <= 64) remembered.set(name, found);
  return found;
}

/** An answer to be relayed: to what, from where, and with what added. */
export interface AnswerSource {
  readonly exchange: Exchange;
  readonly plan: Plan;
  readonly leg: Leg;
  readonly instance: Instance;
}

/** The head for the client from the head that came (contract §3, §4). Nothing else in it is changed. */
export function toResponseHead(source: AnswerSource, status: number, raw: readonly string[]): ResponseHead {
  const { exchange } = source;
  const own = exchange.answerFields;
  const fields: string[] = [];
  let trailer: string | undefined;
  let hasLength = false;
  let isEventStream = false;
  let named: string[] | undefined;
  let address: Address | undefined;

  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    switch (treatmentOf(name)) {
      case 'pass':
        fields.push(name, value);
        break;
      case 'drop':
        break;
      case 'connection':
        if (!plainOptions.test(value)) named = [...(named ?? []), ...toListMembers(value)];
        break;
      case 'length':
        // A 204 has no length (RFC 9110 §8.6).
        if (status === 204) break;
        hasLength = true;
        fields.push(name, value);
        break;
      case 'trailer':
        trailer = trailer === undefined ? value : `${trailer}, ${value}`;
        break;
      case 'type':
        isEventStream ||= isEventStreamType(value);
        fields.push(name, value);
        break;
      case 'cors':
        if (!source.plan.ownsCors) fields.push(name, value);
        break;
      case 'location':
        address ??= addressOf(source);
        exchange.location = mapReference(value, address);
        fields.push(name, exchange.location);
        break;
      case 'reference':
        address ??= addressOf(source);
        fields.push(name, mapReference(value, address));
        break;
      case 'link':
        address ??= addressOf(source);
        fields.push(name, mapLink(value, address));
        break;
      case 'cookie':
        address ??= addressOf(source);
        exchange.setsCookie = true;
        fields.push(name, mapCookie(value, address));
        break;
      case 'request-id':
        if (fieldValue(own, 'x-request-id') === undefined) fields.push(name, value);
        break;
    }
  }

  if (named !== undefined) {
    const removed = new Set(named.filter(name => !unremovable.has(name)));
    if (removed.size > 0) removeFields(fields, name => removed.has(name));
  }
  const hasTrailers = !hasLength && hasBody(exchange.method, status) && exchange.req.httpVersionMinor > 0;
  if (trailer !== undefined && hasTrailers) {
    const announced = toListMembers(trailer).filter(isTrailerName);
    if (announced.length > 0) fields.push('trailer', announced.join(', '));
  }
  for (const part of source.plan.fields) fields.push(part);
  for (const part of own) fields.push(part);
  if (source.plan.isDebugged) fields.push('x-figway', debugField(exchange));
  return { fields, hasTrailers, isEventStream };
}

/** Whether a Content-Type is that of an event stream. */
export const isEventStreamType = (type: string): boolean => /^text\/event-stream\b/i.test(type);

/** Whether an answer to this method and with this status has a body (RFC 9110 §6.4.1). */
const hasBody = (method: string, status: number): boolean =>
  method !== 'HEAD' && status !== 204 && status !== 304;

const addressOf = ({ exchange, leg, instance }: AnswerSource): Address => ({
  upstream: instance.origin.toLowerCase(),
  client: clientOrigin(exchange),
  rewrite: leg.rewrite,
});

/** Names that mean something only in a head (RFC 9110 §6.5.1). */
const headOnly: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'host',
  'set-cookie',
  'location',
  'authorization',
  'www-authenticate',
  'cache-control',
]);

const isTrailerName = (lower: string): boolean => !headOnly.has(lower) && !isIdentityName(lower);

/** Trailers that may reach a client, as Node takes them: in pairs. */
export function toTrailers(raw: readonly string[]): [string, string][] {
  const trailers: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (isTrailerName(name.toLowerCase())) trailers.push([name, raw[i + 1] as string]);
  }
  return trailers;
}

/** Fields of an interim answer (1xx) that may reach a client. */
export function toInterimFields(source: AnswerSource, raw: readonly string[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const treatment = treatmentOf(name);
    if (treatment === 'pass' || treatment === 'type') fields.push(name, value);
    else if (treatment === 'link') fields.push(name, mapLink(value, addressOf(source)));
  }
  return fields;
}
