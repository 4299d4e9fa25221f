import type { Finding, KeyPath } from '../config/problem.ts';
import type { Stage } from '../core/vocabulary.ts';
import type { CompareConfig, TripwireConfig } from './schema.ts';

interface CompareParts {
  readonly routes: Readonly<
    Record<
      string,
      {
        readonly stage: Stage;
        readonly compare?: CompareConfig | undefined;
        readonly tripwire?: TripwireConfig | undefined;
      }
    >
  >;
}

/** Rules of comparison that can be followed, and none where nothing is compared. */
export function* checkCompare({ routes }: CompareParts): Generator<Finding> {
  for (const [name, { stage, compare, tripwire }] of Object.entries(routes)) {
    const path = ['routes', name];
    if (stage === 'done') {
      if (compare !== undefined) yield ignored([...path, 'compare']);
      if (tripwire !== undefined) yield ignored([...path, 'tripwire']);
    }
    if (compare !== undefined) yield* checkRules(compare, [...path, 'compare']);
  }
}

const ignored = (path: KeyPath): Finding => ({
  severity: 'warning',
  code: 'ignored-setting',
  path,
  atKey: true,
  message: 'ignored, since the service alone serves in stage done',
  fix: 'remove it',
});

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
