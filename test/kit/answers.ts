/** Answers and rules, as plainly as tests want to write them. */
import { compareAnswers } from '../../gateway/compare/compare.ts';
import type { Answer, Comparison } from '../../gateway/compare/comparison.ts';
import { type CompiledRules, compileRules } from '../../gateway/compare/rules.ts';
import { pairRules } from '../../gateway/compare/schema.ts';
import { validate } from '../../gateway/config/validate.ts';

/** Both sides' own addresses in tests. */
export const ownOrigins = { legacy: ['http://127.0.0.1:4000'], service: ['http://127.0.0.1:4101'] };

/** A compare block as somebody writes it, compiled; throws where it is none. */
export function rulesOf(written: object = {}, now = Date.UTC(2026, 10, 26)): CompiledRules {
  const { value, findings } = validate(pairRules, written);
  if (value === undefined) throw new Error(findings.map(({ message }) => message).join('; '));
  return compileRules(value, { origins: ownOrigins, now });
}

export interface Said {
  readonly status?: number;
  readonly type?: string;
  readonly fields?: readonly string[];
}

/** A 200 with this body, as JSON unless it says otherwise. */
export const answer = (
  body: string | Uint8Array,
  { status = 200, type, fields = [] }: Said = {},
): Answer => ({
  status,
  fields: ['content-type', type ?? 'application/json', ...fields],
  body: typeof body === 'string' ? Buffer.from(body) : body,
});

export const compared = (legacy: Answer, service: Answer, rules: object = {}, method = 'GET'): Comparison =>
  compareAnswers({ method, legacy, service }, rulesOf(rules));

/** What differs between two JSON texts: `$.a value`. */
export const inJson = (legacy: string, service: string, rules: object = {}): string[] =>
  placesOf(compared(answer(legacy), answer(service), rules));

/** `$.a value`, with its rule after a comma where one covers it. */
export const placesOf = ({ differences }: Comparison): string[] =>
  differences.map(({ path, kind, rule }) =>
    [`${path} ${kind}`, ...(rule === undefined ? [] : [rule])].join(', '),
  );
