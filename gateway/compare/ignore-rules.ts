import { ExactNumber } from './canonical/decimal.ts';
import type { Value } from './canonical/value.ts';
import { classOf } from './canonical/value-class.ts';
import type { DifferenceKind } from './comparison.ts';
import type { Step } from './path.ts';
import { matchPath, mostSpecific, type PathPattern } from './pattern.ts';
import type { RulesConfig } from './schema.ts';

/** One difference as rules see it: where it is, what kind, and what each side has there. */
export interface Subject {
  readonly kind: DifferenceKind;
  readonly legacy: Value | undefined;
  readonly service: Value | undefined;
}

type IgnoreConfig = RulesConfig['ignore'][number];

interface Conditions {
  readonly match: RegExp | undefined;
  readonly kind: IgnoreConfig['kind'];
  readonly name: string;
}
interface PathRule extends Conditions {
  readonly pattern: PathPattern;
}
interface FieldRule extends Conditions {
  readonly field: string | undefined;
  readonly fieldPattern: RegExp | undefined;
}

/** `ignore` rules: the name of the one that covers a difference, or undefined. */
export interface IgnoreRules {
  covers(steps: readonly Step[], subject: Subject): string | undefined;
  coversField(name: string, subject: Subject): string | undefined;
}

/** Longest text that `match` is tried on. */
const maxMatched = 4096;

export function compileIgnoreRules(
  ignore: readonly IgnoreConfig[],
  read: (path: string) => PathPattern,
): IgnoreRules {
  const byPath: PathRule[] = [];
  const byField: FieldRule[] = [];
  for (const rule of ignore) {
    const conditions = toConditions(rule);
    if (rule.path !== undefined) byPath.push({ ...conditions, pattern: read(rule.path) });
    else
      byField.push({
        ...conditions,
        field: rule.header?.toLowerCase(),
        fieldPattern: rule.headerPattern === undefined ? undefined : new RegExp(rule.headerPattern, 'iu'),
      });
  }
  return {
    covers(steps, subject) {
      const rules = byPath.filter(rule => isAbout(rule, subject));
      const best = mostSpecific(rules, ({ pattern }) => matchPath(pattern, steps) !== undefined);
      return firstCovering(best, subject);
    },
    coversField(name, subject) {
      const rules = byField.filter(rule => isAbout(rule, subject));
      const exact = rules.filter(({ field }) => field === name);
      const best =
        exact.length > 0 ? exact : rules.filter(({ fieldPattern }) => fieldPattern?.test(name) === true);
      return firstCovering(best, subject);
    },
  };
}

const toConditions = ({ path, header, headerPattern, match, kind, reason }: IgnoreConfig): Conditions => {
  const what = path ?? (header === undefined ? `headers ${headerPattern}` : `header ${header.toLowerCase()}`);
  return {
    match: match === undefined ? undefined : new RegExp(match, 'u'),
    kind,
    name: nameRule(`ignore ${what}`, reason),
  };
};

/** What a rule is and its reason, as reports show it. */
export const nameRule = (what: string, reason: string | undefined): string =>
  reason === undefined ? what : `${what}: ${reason}`;

/** A rule for one kind of difference says nothing about the others. */
const isAbout = ({ kind }: Conditions, subject: Subject): boolean =>
  kind === undefined || kind === kindOf(subject);

/** Of a header too: whether it came, went, or changed. */
function kindOf({ kind, legacy, service }: Subject): string {
  if (kind !== 'header') return kind;
  return legacy === undefined ? 'added' : service === undefined ? 'removed' : 'value';
}

function firstCovering(rules: readonly Conditions[], subject: Subject): string | undefined {
  const names = rules.filter(rule => isFine(rule, subject)).map(({ name }) => name);
  return names.sort()[0];
}

/** With `match` only a scalar that became another scalar of its type, and what it became matches. */
function isFine({ match }: Conditions, subject: Subject): boolean {
  if (match === undefined) return true;
  if (kindOf(subject) !== 'value') return false;
  const text = toScalarText(subject.service);
  return text !== undefined && text.length <= maxMatched && match.test(text);
}

function toScalarText(value: Value | undefined): string | undefined {
  if (value instanceof ExactNumber) return value.text;
  const found = classOf(value);
  return found === 'object' || found === 'array' || found === 'absent' ? undefined : String(value);
}
