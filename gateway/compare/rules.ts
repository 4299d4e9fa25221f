import { type ArrayRule, compileArrayRules } from './array-rules.ts';
import { compileNeutralise, type Neutralise } from './canonical/hosts.ts';
import { createToShape, type ToShape } from './canonical/shape.ts';
import { compileIgnoreRules, type Subject } from './ignore-rules.ts';
import type { Step } from './path.ts';
import { isFault, matchPath, type PathPattern, parsePath } from './pattern.ts';
import { hashOf } from './rules-hash.ts';
import { compileScalarRules } from './scalar-rules.ts';
import type { RulesConfig } from './schema.ts';

/** What rules rest on that the compare block does not say. */
export interface Surroundings {
  /** Origins of each side's upstream, such as `http://127.0.0.1:4000`. */
  readonly origins: { readonly legacy: readonly string[]; readonly service: readonly string[] };
  /** Wall clock, milliseconds: rules that have expired by then are left out. */
  readonly now: number;
  /** Header that carries API keys here, if there is one. */
  readonly apiKeyHeader?: string | undefined;
  /** With `keep: shapes`: what values are hashed with. 32 random bytes or more, written down nowhere. */
  readonly shapeKey?: Uint8Array | undefined;
}

/** Whether a rule covers a difference, and as what kind it counts if none does. */
export interface Cover {
  readonly kind: Subject['kind'];
  readonly rule: string | undefined;
}

/** A route's rules, ready to be asked. Immutable; compiled once, used for every pair. */
export interface CompiledRules {
  /** 16 hex digits; the same for rules that judge alike, whatever their order and reasons. */
  readonly hash: string;
  /** Wall clock, milliseconds: from then on a rule has expired, and they are to be compiled again. Infinity: never. */
  readonly validUntil: number;
  readonly maxBody: number;
  readonly isBodySkipped: boolean;
  readonly isNullMissing: boolean;
  readonly isNullEmpty: boolean;
  readonly neutralise: { readonly legacy: Neutralise; readonly service: Neutralise };
  /** The rule that makes two statuses the same. */
  statusRule(legacy: number, service: number): string | undefined;
  arrayRule(steps: readonly Step[]): ArrayRule | undefined;
  /** The rule by which a text holds JSON. */
  embeddedRule(steps: readonly Step[]): string | undefined;
  cover(steps: readonly Step[], subject: Subject): Cover;
  coverField(name: string, subject: Subject): string | undefined;
  /** `redact` of the compare block. */
  isRedacted(steps: readonly Step[]): boolean;
  isFieldRedacted(name: string): boolean;
  /** `redact` names places in bodies. */
  readonly hasRedactedPaths: boolean;
  /** Where differences are told by the shapes of their values. */
  readonly toShape: ToShape | undefined;
}

/**
 * Compiles rules whose paths and patterns `checkRules` has found good; throws a TypeError for others.
 * `cover` names no more than one rule: of several the same one every time, whatever their order.
 */
export function compileRules(
  config: RulesConfig,
  { origins, now, apiKeyHeader, shapeKey }: Surroundings,
): CompiledRules {
  const ignore = config.ignore.filter(({ expires }) => expiryOf(expires) > now);
  const ignores = compileIgnoreRules(ignore, readPath);
  const judge = compileScalarRules(config, readPath);
  const embedded = config.embeddedJson.map(readPath);
  const redactedFields = new Set(
    config.redact.filter(isFieldPath).map(path => path.slice(fieldPrefix.length).toLowerCase()),
  );
  const redacted = config.redact.filter(path => !isFieldPath(path)).map(readPath);
  if (apiKeyHeader !== undefined) redactedFields.add(apiKeyHeader.toLowerCase());
  const addedRule = compileAdded(config.allowAdded);
  return {
    hash: hashOf({ ...config, ignore }),
    validUntil: Math.min(Number.POSITIVE_INFINITY, ...ignore.map(({ expires }) => expiryOf(expires))),
    maxBody: config.maxBody,
    isBodySkipped: config.body === 'skip',
    isNullMissing: config.nullEqualsMissing,
    isNullEmpty: config.nullEqualsEmpty,
    neutralise: {
      legacy: compileNeutralise({ origins: origins.legacy, names: config.hosts?.legacy ?? [] }),
      service: compileNeutralise({ origins: origins.service, names: config.hosts?.service ?? [] }),
    },
    statusRule: (legacy, service) =>
      config.statusEquivalent.some(group => group.includes(legacy) && group.includes(service))
        ? `statusEquivalent ${legacy} ${service}`
        : undefined,
    arrayRule: compileArrayRules(config, readPath),
    embeddedRule: steps =>
      embedded
        .filter(pattern => matchPath(pattern, steps) === 'exact')
        .map(({ text }) => `embeddedJson ${text}`)
        .sort()[0],
    cover(steps, subject) {
      const found =
        subject.kind === 'value' && subject.legacy !== undefined && subject.service !== undefined
          ? judge(steps, subject.legacy, subject.service)
          : undefined;
      const kind = found === 'format' ? 'format' : subject.kind;
      const rule =
        (typeof found === 'object' ? found.rule : undefined) ??
        addedRule(steps, kind) ??
        ignores.covers(steps, { ...subject, kind });
      return { kind, rule };
    },
    coverField: ignores.coversField,
    isRedacted: steps => redacted.some(pattern => matchPath(pattern, steps) !== undefined),
    isFieldRedacted: name => redactedFields.has(name),
    hasRedactedPaths: redacted.length > 0,
    toShape: shapeKey && createToShape(shapeKey),
  };
}

const fieldPrefix = 'header:';
/** Whether an entry of `redact` names a header. */
export const isFieldPath = (path: string): boolean => path.startsWith(fieldPrefix);

function readPath(path: string): PathPattern {
  const read = parsePath(path);
  if (isFault(read)) throw new TypeError(read.fault);
  return read;
}

/** New members below the paths; never another item of a list, nor a body where there was none. */
function compileAdded(
  allowAdded: RulesConfig['allowAdded'],
): (steps: readonly Step[], kind: Subject['kind']) => string | undefined {
  const patterns = (allowAdded === true ? ['$'] : allowAdded).map(readPath);
  return (steps, kind) => {
    if (kind !== 'added' || typeof steps.at(-1) !== 'string') return undefined;
    const [found] = patterns
      .filter(pattern => matchPath(pattern, steps) === 'below')
      .map(({ text }) => text)
      .sort();
    if (found === undefined) return undefined;
    return allowAdded === true ? 'allowAdded' : `allowAdded ${found}`;
  };
}

const day = 86_400_000;

/** A date lasts until its end (UTC), a time until that moment. */
function expiryOf(expires: string | undefined): number {
  if (expires === undefined) return Number.POSITIVE_INFINITY;
  return Date.parse(expires) + (expires.includes('T') ? 0 : day);
}
