import { toListMembers } from '../../core/headers.ts';
import { isDecodable, listCodings } from './decode.ts';
import type { Neutralise } from './hosts.ts';
import { parseMediaType } from './media-type.ts';

/** How a field is compared: not at all, its presence, or its values in one of several readings. */
export type FieldRule =
  | 'dropped'
  | 'presence'
  | 'set'
  | 'media-type'
  | 'codings'
  | 'address'
  | 'set-cookie'
  | 'exact';

const rulesByName: Readonly<Record<string, FieldRule>> = {
  // Hop-by-hop (RFC 9110 §7.6.1), and what says how or when a message travelled.
  connection: 'dropped',
  'proxy-connection': 'dropped',
  'keep-alive': 'dropped',
  'transfer-encoding': 'dropped',
  te: 'dropped',
  trailer: 'dropped',
  upgrade: 'dropped',
  'proxy-authenticate': 'dropped',
  'proxy-authorization': 'dropped',
  date: 'dropped',
  age: 'dropped',
  server: 'dropped',
  via: 'dropped',
  'x-powered-by': 'dropped',
  'content-length': 'dropped',
  // Another one for each answer.
  'x-request-id': 'presence',
  'request-id': 'presence',
  'x-correlation-id': 'presence',
  'correlation-id': 'presence',
  'x-trace-id': 'presence',
  'x-runtime': 'presence',
  'x-response-time': 'presence',
  'server-timing': 'presence',
  traceparent: 'presence',
  tracestate: 'presence',
  b3: 'presence',
  'x-b3-traceid': 'presence',
  'x-b3-spanid': 'presence',
  'x-b3-parentspanid': 'presence',
  'x-b3-sampled': 'presence',
  'x-b3-flags': 'presence',
  'x-amzn-trace-id': 'presence',
  'x-amzn-requestid': 'presence',
  'x-cloud-trace-context': 'presence',
  'cf-ray': 'presence',
  // Order and case say nothing.
  vary: 'set',
  allow: 'set',
  'access-control-allow-origin': 'set',
  'access-control-allow-methods': 'set',
  'access-control-allow-headers': 'set',
  'access-control-allow-credentials': 'set',
  'access-control-allow-private-network': 'set',
  'access-control-expose-headers': 'set',
  'content-type': 'media-type',
  'content-encoding': 'codings',
  location: 'address',
  'content-location': 'address',
  link: 'address',
  'set-cookie': 'set-cookie',
};

export const fieldRule = (name: string): FieldRule =>
  Object.hasOwn(rulesByName, name) ? (rulesByName[name] as FieldRule) : 'exact';

/** Fields by lower-case name, those that are not compared left out; several values stay several. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** @param pairs flat raw pairs. */
export function toFields(pairs: readonly string[]): Fields {
  const fields = new Map<string, string[]>();
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const name = (pairs[i] as string).toLowerCase();
    if (fieldRule(name) === 'dropped') continue;
    const values = fields.get(name);
    const value = (pairs[i + 1] as string).trim();
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  for (const name of connectionOptions(pairs)) fields.delete(name);
  return fields;
}

/** Fields that Connection names are for the next hop only. */
function connectionOptions(pairs: readonly string[]): string[] {
  const names: string[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2)
    if ((pairs[i] as string).toLowerCase() === 'connection')
      names.push(...toListMembers(pairs[i + 1] as string));
  return names.filter(name => fieldRule(name) !== 'media-type' && fieldRule(name) !== 'set-cookie');
}

/** What has to be the same on both sides. Empty for a field that only has to be there. */
export function toComparable(
  name: string,
  values: readonly string[],
  neutralise: Neutralise,
): readonly string[] {
  switch (fieldRule(name)) {
    case 'dropped':
    case 'presence':
      return [];
    case 'set':
      return [...new Set(values.flatMap(toListMembers))].sort();
    case 'media-type':
      return values.map(toComparableType);
    case 'codings':
      return values.flatMap(listCodings);
    case 'address':
      return values.map(neutralise);
    default:
      return values;
  }
}

/** JSON is UTF-8 where it does not say so (RFC 8259 §8.1). */
function toComparableType(value: string): string {
  const { essence, charset, parameters } = parseMediaType(value);
  const isJson = essence === 'application/json' || essence.endsWith('+json');
  const named = charset ?? (isJson ? 'utf-8' : '');
  return [essence, named === 'utf8' ? 'utf-8' : named, ...parameters].join(';');
}

/** Content-Encoding says how a body travelled; it counts only where it cannot be taken off. */
export const isTakenOff = (values: readonly string[]): boolean => isDecodable(values.flatMap(listCodings));
