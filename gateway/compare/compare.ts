/** `compareAnswers`: two answers held against each other by rules alone. Pure; a failure of a side is data, nothing throws. */

import type { ValueShape } from './canonical/shape.ts';
import { isMembers, type Value } from './canonical/value.ts';
import { classOf } from './canonical/value-class.ts';
import type { AnswerPair, Comparison, Difference } from './comparison.ts';
import { diffBodies } from './diff-bodies.ts';
import { diffFields } from './diff-fields.ts';
import { collect, type Found, maxDifferences } from './findings.ts';
import { mayDrift } from './noise.ts';
import { type Observation, observe } from './observation.ts';
import { type Step, toPath, toShape } from './path.ts';
import { isPlainlySame } from './plainly-same.ts';
import { hide, isHidden, showValue } from './redact.ts';
import type { CompiledRules } from './rules.ts';
import { toSignature } from './signature.ts';

const match: Comparison = { outcome: 'match', differences: [], isCut: false, again: undefined };

export function compareAnswers(pair: AnswerPair, rules: CompiledRules): Comparison {
  const { method, legacy, service, legacy2 } = pair;
  if (legacy2 === undefined && isPlainlySame(method, legacy, service)) return match;
  const first = observe(legacy, method, rules.maxBody);
  const held = hold(first, observe(service, method, rules.maxBody), rules);
  if (legacy2 === undefined) return toComparison(held, undefined);
  // Both are legacy's: its own address is that of either.
  const ofLegacy = {
    ...rules,
    neutralise: { legacy: rules.neutralise.legacy, service: rules.neutralise.legacy },
  };
  const again = hold(first, observe(legacy2, method, rules.maxBody), ofLegacy);
  return toComparison(held, [...new Set(again.uncovered.map(({ signature }) => signature))]);
}

interface Held {
  readonly covered: readonly Difference[];
  readonly uncovered: readonly Difference[];
  readonly isCut: boolean;
  readonly isTooLarge: boolean;
}

function hold(legacy: Observation, service: Observation, rules: CompiledRules): Held {
  const findings = collect();
  const isTooLarge = diffBodies(legacy, service, rules, findings) === 'too-large';
  const heads = [
    ...diffStatus(legacy.answer.status, service.answer.status, rules),
    ...diffFields(legacy.fields, service.fields, rules),
  ];
  const covered = heads.filter(({ rule }) => rule !== undefined);
  const uncovered = heads.filter(({ rule }) => rule === undefined);
  covered.push(...findings.covered.map(found => toDifference(found, rules)));
  uncovered.push(...findings.uncovered.map(found => toDifference(found, rules)));
  return { covered, uncovered, isCut: findings.isCut(), isTooLarge };
}

function diffStatus(legacy: number, service: number, rules: CompiledRules): Difference[] {
  if (legacy === service) return [];
  const classes = { legacy: 'number', service: 'number' } as const;
  const rule = rules.statusRule(legacy, service);
  return [
    {
      ...{ path: 'status', kind: 'status', legacy, service },
      ...(rule === undefined ? {} : { rule }),
      ...{ classes, signature: toSignature('status', 'status', classes) },
    },
  ];
}

function toDifference(found: Found, rules: CompiledRules): Difference {
  const { steps, dialect, kind, legacy, service, rule, isSecret } = found;
  const isBytes = kind === 'opaque';
  const classes = {
    legacy: isBytes && legacy !== undefined ? 'bytes' : classOf(legacy),
    service: isBytes && service !== undefined ? 'bytes' : classOf(service),
  } as const;
  const show = (value: NonNullable<typeof legacy> | null): unknown =>
    isSecret ? hide(value) : showValue(value, steps, rules);
  return {
    path: toPath(steps, dialect),
    kind,
    ...(legacy === undefined ? {} : { legacy: show(legacy) }),
    ...(service === undefined ? {} : { service: show(service) }),
    ...(rule === undefined ? {} : { rule }),
    classes,
    ...(isSecret ? {} : toShapes(found, rules)),
    signature: toSignature(toShape(steps, dialect), kind, classes),
  };
}

function toShapes(found: Found, rules: CompiledRules): Pick<Difference, 'shapes'> {
  const { steps, legacy, service } = found;
  const { toShape: shapeOf } = rules;
  if (shapeOf === undefined || isHidden(steps, rules)) return {};
  const isSecretBelow = (below: readonly Step[]): boolean => isHidden([...steps, ...below], rules);
  const toOne = (value: Value): ValueShape => {
    const shape = shapeOf(value, isSecretBelow);
    const length = isOfBytes(found) ? bytesIn(value) : undefined;
    return length === undefined ? shape : { ...shape, length };
  };
  return {
    shapes: {
      ...(legacy === undefined ? {} : { legacy: toOne(legacy) }),
      ...(service === undefined ? {} : { service: toOne(service) }),
    },
  };
}

/** What is told of a whole body, or of one where the other side has none, is a summary of its bytes. */
const isOfBytes = ({ kind, steps }: Found): boolean =>
  kind === 'opaque' || (steps.length === 0 && (kind === 'added' || kind === 'removed'));

function bytesIn(summary: Value): number | undefined {
  if (!isMembers(summary)) return undefined;
  return typeof summary.bytes === 'number' ? summary.bytes : undefined;
}

function toComparison(held: Held, again: readonly string[] | undefined): Comparison {
  const { covered, uncovered, isCut } = held;
  const base = { again, isCut: isCut || uncovered.length > maxDifferences };
  if (uncovered.length === 0) {
    if (held.isTooLarge) return { ...base, outcome: 'skipped', differences: [] };
    const outcome = covered.length === 0 ? 'match' : 'excused';
    return { ...base, outcome, differences: covered.slice(0, maxDifferences) };
  }
  const seen = new Set(again);
  const differences = uncovered
    .slice(0, maxDifferences)
    .map(difference =>
      seen.has(difference.signature) && mayDrift(difference.signature)
        ? { ...difference, isNoise: true as const }
        : difference,
    );
  const isNoise = !held.isTooLarge && !base.isCut && differences.every(difference => 'isNoise' in difference);
  return { ...base, outcome: isNoise ? 'noise' : 'mismatch', differences };
}
