import { type Issue, noBranch, type Schema } from './define.ts';
import type { Finding, KeyPath } from './problem.ts';

export type Validated<T> =
  | { readonly value: T; readonly findings: readonly [] }
  | { readonly value: undefined; readonly findings: readonly Finding[] };

/** Holds plain values against a schema; what is wrong comes back all at once, with paths. */
export function validate<T>(schema: Schema<T>, input: unknown): Validated<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { value: parsed.data, findings: [] };
  return { value: undefined, findings: parsed.error.issues.flatMap(issue => toFindings(issue, [], input)) };
}

function toFindings(issue: Issue, base: KeyPath, input: unknown): Finding[] {
  const path = [...base, ...(issue.path as KeyPath)];
  const found = (code: string, message: string): Finding => ({ severity: 'error', code, path, message });
  switch (issue.code) {
    case 'unrecognized_keys': {
      const messages = issue.message.split('\n');
      return issue.keys.map((key, index) => ({
        ...found('unknown-key', messages[index] ?? 'unknown key'),
        path: [...path, key],
        atKey: true,
      }));
    }
    case 'invalid_key':
      return [{ ...found('bad-name', issue.issues[0]?.message ?? issue.message), atKey: true }];
    case 'invalid_union':
      return issue.message === noBranch
        ? fromBranches(issue.errors, path, input)
        : [found('bad-value', issue.message)];
    default:
      if (valueAt(input, path) === undefined) return [found('missing', issue.message)];
      return [found(issue.code === 'invalid_type' ? 'wrong-type' : 'bad-value', issue.message)];
  }
}

/** The one branch that was meant says what is wrong in it; if none can be told, what all of them expect. */
function fromBranches(branches: readonly Issue[][], path: KeyPath, input: unknown): Finding[] {
  const value = valueAt(input, path);
  const meant = branches
    .map(issues => issues.flatMap(issue => toFindings(issue, path, input)))
    .filter(findings => findings.every(finding => finding.path.length > path.length))
    .sort((a, b) => a.length - b.length)[0];
  if (meant !== undefined) return meant;
  const flat = flatten(branches);
  const ofItsKind = flat.filter(issue => issue.code !== 'invalid_type');
  const expected = new Set((ofItsKind.length > 0 ? ofItsKind : flat).map(issue => bare(issue.message)));
  const got = /, got (.*)$/s.exec(flat[0]?.message ?? '')?.[1] ?? 'something else';
  const code = value === undefined ? 'missing' : ofItsKind.length > 0 ? 'bad-value' : 'wrong-type';
  return [{ severity: 'error', code, path, message: `expected ${[...expected].join(', or ')}, got ${got}` }];
}

/** The issues of all branches about the value itself, those of unions inside unions too. */
const flatten = (branches: readonly Issue[][]): Issue[] =>
  branches
    .flat()
    .filter(issue => issue.path.length === 0)
    .flatMap(issue => (issue.code === 'invalid_union' ? flatten(issue.errors) : [issue]));

/** `a list` of `expected a list, got 3`. */
const bare = (message: string): string => /^expected (.*), got /s.exec(message)?.[1] ?? message;

function valueAt(input: unknown, path: KeyPath): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
