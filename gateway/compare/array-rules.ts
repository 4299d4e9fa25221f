import type { Step } from './path.ts';
import { matchPath, mostSpecific, type PathPattern } from './pattern.ts';
import type { RulesConfig } from './schema.ts';

/** How the items of a list are paired: by `field`, or by whatever pairing makes them equal. */
export interface ArrayRule {
  readonly pattern: PathPattern;
  readonly field: string | undefined;
  readonly name: string;
}

export type FindArrayRule = (steps: readonly Step[]) => ArrayRule | undefined;

/** Where both kinds name a list equally well, `keyed` wins: it says more. */
export function compileArrayRules(
  { unordered, keyed }: RulesConfig,
  read: (path: string) => PathPattern,
): FindArrayRule {
  const rules: ArrayRule[] = [
    ...Object.entries(keyed).map(([path, field]) => ({
      ...{ pattern: read(path), field, name: `keyed ${path} by ${field}` },
    })),
    ...unordered.map(path => ({ pattern: read(path), field: undefined, name: `unordered ${path}` })),
  ];
  if (rules.length === 0) return () => undefined;
  return steps => {
    const found = mostSpecific(rules, ({ pattern }) => matchPath(pattern, steps) === 'exact');
    const keyedOnes = found.filter(({ field }) => field !== undefined);
    return (keyedOnes.length > 0 ? keyedOnes : found).toSorted(byName)[0];
  };
}

const byName = (a: ArrayRule, b: ArrayRule): number => (a.name < b.name ? -1 : 1);
