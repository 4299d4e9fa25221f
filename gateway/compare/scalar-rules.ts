import { type Decimal, ExactNumber, isWithin, ofDouble, parseDecimal } from './canonical/decimal.ts';
import { parseTimestamp } from './canonical/timestamp.ts';
import type { Value } from './canonical/value.ts';
import { classOf, classOfText, familyOf } from './canonical/value-class.ts';
import { nameRule } from './ignore-rules.ts';
import type { Step } from './path.ts';
import { matchPath, mostSpecific, type PathPattern } from './pattern.ts';
import type { RulesConfig, ruleTypes } from './schema.ts';

type RuleType = (typeof ruleTypes)[number];

/** What rules about scalars say of two that differ: the rule that covers them, or that one is not of its type. */
export type ScalarFinding = { readonly rule: string } | 'format' | undefined;

/** Judges two values of one type that are not equal. */
export type JudgeScalars = (steps: readonly Step[], legacy: Value, service: Value) => ScalarFinding;

export function compileScalarRules(
  { types, tolerance }: RulesConfig,
  read: (path: string) => PathPattern,
): JudgeScalars {
  const typeRules = types.map(rule => ({
    ...rule,
    pattern: read(rule.path),
    name: `types ${rule.path} ${rule.type}`,
  }));
  const toleranceRules = tolerance.map(({ path, abs, rel, reason }) => ({
    ...{ abs: ofDouble(abs), rel: ofDouble(rel), pattern: read(path) },
    name: nameRule(`tolerance ${path}`, reason),
  }));
  if (typeRules.length + toleranceRules.length === 0) return () => undefined;
  return (steps, legacy, service) => {
    const isHere = ({ pattern }: { readonly pattern: PathPattern }): boolean =>
      matchPath(pattern, steps) === 'exact';
    const typed = mostSpecific(typeRules, isHere);
    const near = mostSpecific(toleranceRules, isHere).filter(rule => isNear(legacy, service, rule));
    const fitting = typed.filter(({ type }) => isOfType(legacy, type) && isOfType(service, type));
    const covering = [
      ...fitting.filter(rule => rule.tolerance === undefined || isClose(legacy, service, rule.tolerance)),
      ...near,
    ];
    const [rule] = covering.map(({ name }) => name).sort();
    if (rule !== undefined) return { rule };
    return typed.length > 0 && fitting.length === 0 ? 'format' : undefined;
  };
}

interface Bounds {
  readonly abs: Decimal | undefined;
  readonly rel: Decimal | undefined;
}

function isNear(legacy: Value, service: Value, bounds: Bounds): boolean {
  const [a, b] = [toDecimal(legacy), toDecimal(service)];
  return a !== undefined && b !== undefined && isWithin(a, b, bounds);
}

/** Also of text that is a decimal and nothing else: many write money so. */
function toDecimal(value: Value): Decimal | undefined {
  if (typeof value === 'number') return parseDecimal(String(value));
  if (typeof value === 'string') return parseDecimal(value);
  return value instanceof ExactNumber ? parseDecimal(value.text) : undefined;
}

/** Two points in time, not more than `tolerance` milliseconds apart. */
function isClose(legacy: Value, service: Value, tolerance: number): boolean {
  const [a, b] = [toTime(legacy), toTime(service)];
  return a !== undefined && b !== undefined && Math.abs(a - b) <= tolerance;
}

/** Thirteen digits before the point are milliseconds, ten are seconds. */
const firstMilliseconds = 1e11;

function toTime(value: Value): number | undefined {
  const stamp = typeof value === 'string' ? parseTimestamp(value) : undefined;
  if (stamp !== undefined) return stamp;
  const number = Number(value instanceof ExactNumber ? value.text : value);
  return number >= firstMilliseconds ? number : number * 1000;
}

function isOfType(value: Value, type: RuleType): boolean {
  switch (type) {
    case 'number':
      return typeof value === 'number' || value instanceof ExactNumber;
    case 'text':
      return typeof value === 'string';
    case 'hex':
      return typeof value === 'string' && /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(value);
    case 'digits':
      return typeof value === 'string' && /^\d+$/.test(value);
    case 'timestamp':
      return typeof value === 'string' && parseTimestamp(value) !== undefined;
    case 'epoch':
      return familyOf(classOf(value)) === 'epoch';
    default:
      return typeof value === 'string' && familyOf(classOfText(value)) === type;
  }
}
