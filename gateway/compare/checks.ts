import type { Finding, KeyPath } from '../config/problem.ts';
import type { CompareConfig } from './schema.ts';

interface CompareParts {
  readonly routes: Readonly<Record<string, { readonly compare?: CompareConfig | undefined }>>;
}

/** Rules of comparison can be followed. */
export function* checkCompare({ routes }: CompareParts): Generator<Finding> {
  for (const [name, { compare }] of Object.entries(routes))
    if (compare !== undefined) yield* checkRules(compare, ['routes', name, 'compare']);
}

function* checkRules({ writes, ignore }: CompareConfig, path: KeyPath): Generator<Finding> {
  if (writes?.isolated === true && (typeof writes.reason !== 'string' || writes.reason.trim() === ''))
    yield bad([...path, 'writes', 'isolated'], 'expected a reason beside isolated: true, got none');
  for (const [index, rule] of ignore.entries()) {
    const at = [...path, 'ignore', index];
    const named = [rule.path, rule.header, rule.headerPattern].filter(each => each !== undefined).length;
    if (named !== 1)
      yield bad(at, `expected exactly one of path, header and headerPattern, got ${named || 'none'}`);
    for (const key of ['headerPattern', 'match'] as const) {
      const fault = faultOf(rule[key]);
      if (fault !== undefined) yield bad([...at, key], `expected a regular expression, got ${fault}`);
    }
  }
}

const bad = (path: KeyPath, message: string): Finding => ({
  ...{ severity: 'error', code: 'bad-value', path, message },
});

function faultOf(pattern: string | undefined): string | undefined {
  if (pattern === undefined) return undefined;
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : pattern;
  }
}
