/** Recorded pairs (contract §7): one JSON object a line → two answers; and the line that says how they compare. */
import { formatPath } from '../config/format.ts';
import type { Finding } from '../config/problem.ts';
import { validate } from '../config/validate.ts';
import { isEqual } from '../core/outcome.ts';
import { rawJson } from './canonical/decimal.ts';
import { parseMediaType } from './canonical/media-type.ts';
import { checkRules } from './checks.ts';
import type { Answer, AnswerPair, Difference } from './comparison.ts';
import type { Judged } from './judge.ts';
import { pairRules, type RulesConfig } from './schema.ts';

/** One line, read. */
export interface RecordedPair {
  readonly name: string | undefined;
  /** Empty where the line does not say what was asked. */
  readonly asked: { readonly url: string; readonly fields: readonly string[] };
  readonly pair: AnswerPair;
  /** The line's own rules. */
  readonly rules: RulesConfig | undefined;
}

/** What is wrong with a line; it names the place, the bound and the value. */
export class PairFault extends Error {
  override readonly name = 'PairFault';
}

type Fields = Readonly<Record<string, unknown>>;

/** Throws a PairFault for what is no pair. */
export function parsePair(line: string): RecordedPair {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    throw new PairFault('expected a JSON object, got something else');
  }
  const given = toFields(read, 'the line');
  for (const key of Object.keys(given))
    if (!keys.has(key)) throw new PairFault(`unknown key ${JSON.stringify(key)}`);
  const request = given.request === undefined ? {} : toFields(given.request, 'request');
  return {
    name: optionalText(given.name, 'name'),
    asked: {
      url: optionalText(request.url, 'request.url') ?? '',
      fields: toPairs(request.headers, 'request'),
    },
    pair: {
      method: (optionalText(request.method, 'request.method') ?? 'GET').toUpperCase(),
      legacy: toAnswer(given.legacy, 'legacy'),
      service: toAnswer(given.service, 'service'),
      legacy2: given.legacy2 === undefined ? undefined : toAnswer(given.legacy2, 'legacy2'),
    },
    rules: given.rules === undefined ? undefined : toRules(given.rules),
  };
}

const keys: ReadonlySet<string> = new Set(['name', 'request', 'legacy', 'service', 'legacy2', 'rules']);

function toFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PairFault(`${what}: expected an object, got ${kindOf(value)}`);
  return value as Fields;
}

const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : JSON.stringify(value);
};

function optionalText(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new PairFault(`${what}: expected text, got ${kindOf(value)}`);
  return value;
}

function toAnswer(value: unknown, what: string): Answer {
  const { status, headers, body, bodyBase64 } = toFields(value, what);
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599)
    throw new PairFault(`${what}.status: expected a whole number from 100 to 599, got ${kindOf(status)}`);
  const fields = toPairs(headers, what);
  const encoded = optionalText(bodyBase64, `${what}.bodyBase64`);
  const text = optionalText(body, `${what}.body`);
  if (encoded === undefined) return ofText(status, fields, text ?? '');
  if (text !== undefined) throw new PairFault(`${what}: expected body or bodyBase64, got both`);
  if (!/^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(encoded))
    throw new PairFault(`${what}.bodyBase64: expected base64`);
  return { status, fields, body: Buffer.from(encoded, 'base64') };
}

/** Flat raw pairs of an object whose values are texts or lists of them. */
function toPairs(headers: unknown, what: string): string[] {
  if (headers === undefined || headers === null) return [];
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(toFields(headers, `${what}.headers`)))
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string' && typeof one !== 'number')
        throw new PairFault(`${what}.headers.${name}: expected text or a list of texts, got ${kindOf(one)}`);
      pairs.push(name, String(one));
    }
  return pairs;
}

/**
 * A body that was recorded as text has lost its codings, and with them its length; its bytes are made by the charset
 * that its type names where that is a simple one, else by UTF-8, which then is what the type is made to say.
 */
function ofText(status: number, fields: readonly string[], text: string): Answer {
  const kept: string[] = [];
  let bytes: Uint8Array | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i] as string, fields[i + 1] as string];
    const lower = name.toLowerCase();
    if (lower === 'content-encoding' || lower === 'content-length') continue;
    if (lower === 'content-type') bytes ??= toBytes(text, parseMediaType(value).charset);
    kept.push(name, value);
  }
  return { status, fields: kept, body: bytes ?? Buffer.from(text, 'utf8') };
}

function toBytes(text: string, charset: string | undefined): Uint8Array | undefined {
  if (charset === 'utf-16' || charset === 'utf-16le') return Buffer.from(text, 'utf16le');
  const isLatin = charset === 'iso-8859-1' || charset === 'latin1' || charset === 'windows-1252';
  return isLatin && /^[\u0000-\u007f\u00a0-\u00ff]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined;
}

/** Throws a PairFault with all that is wrong. */
function toRules(value: unknown): RulesConfig {
  const { value: rules, findings } = validate(pairRules, value);
  const faults: readonly Finding[] = rules === undefined ? findings : [...checkRules(rules, [])];
  if (rules !== undefined && faults.length === 0) return rules;
  throw new PairFault(
    faults.map(({ path, message }) => `${formatPath(['rules', ...path])}: ${message}`).join('; '),
  );
}

/** The line of output for one pair: `{ name, outcome, equal, differences }`, numbers in all their digits. */
export function toPairLine(name: string, { outcome, skip, comparison }: Judged): string {
  const isShown = ({ isNoise }: Difference): boolean => outcome === 'noise' || isNoise !== true;
  return JSON.stringify({
    name,
    outcome,
    ...(skip === undefined ? {} : { skip }),
    equal: isEqual(outcome),
    differences: comparison.differences.filter(isShown).map(toShownDifference),
    ...(comparison.isCut ? { cut: true } : {}),
  });
}

const toShownDifference = ({ path, kind, legacy, service, rule, classes }: Difference) => ({
  ...{ path, kind },
  ...(legacy === undefined ? {} : { legacy: toExact(legacy, classes.legacy) }),
  ...(service === undefined ? {} : { service: toExact(service, classes.service) }),
  ...(rule === undefined ? {} : { rule }),
});

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number that no double holds is text in a `Difference`; here it can be a number. */
const toExact = (value: unknown, found: string): unknown =>
  found === 'number' && typeof value === 'string' && number.test(value) ? rawJson(value) : value;
