import { layoutPattern } from './canonical/time-layout.ts';
import { familyOf } from './canonical/value-class.ts';
import type { ValueClass } from './comparison.ts';
import type { RulesConfig } from './schema.ts';
import { readSignature, type SignatureParts } from './signature.ts';

/** A rule that covers the differences of one signature, as narrow as the signature says; or why there is none. */
export type RuleOfSignature =
  | { readonly key: 'ignore'; readonly item: IgnoreItem }
  /** A path alone: the reason has to stand beside it. */
  | { readonly key: 'unordered'; readonly item: string }
  | { readonly key: undefined; readonly why: string };

export type IgnoreItem = Pick<RulesConfig['ignore'][number], 'path' | 'header' | 'match' | 'kind' | 'reason'>;

export function ruleOf(signature: string, reason: string): RuleOfSignature {
  const parts = readSignature(signature);
  if (parts === undefined)
    return none(
      `expected a signature such as "$.requestId value uuid:uuid", got ${JSON.stringify(signature.slice(0, 100))}`,
    );
  const { kind, legacy, service } = parts;
  switch (kind) {
    case 'header':
      return ofField(parts, reason);
    case 'added':
    case 'removed':
      return { key: 'ignore', item: { path: toRulePath(parts.shape), kind, reason } };
    case 'value': {
      const match = legacy === service ? matchOf(legacy) : undefined;
      const item = { path: toRulePath(parts.shape), kind, ...(match === undefined ? {} : { match }), reason };
      return { key: 'ignore', item };
    }
    case 'order':
      return { key: 'unordered', item: toRulePath(parts.shape) };
    default:
      return none(advice[kind] ?? `no rule covers the kind ${JSON.stringify(kind)}`);
  }
}

const none = (why: string): RuleOfSignature => ({ key: undefined, why });

/** These say that something is built otherwise: no rule is written without somebody who looks at it. */
const advice: Readonly<Partial<Record<string, string>>> = {
  status: 'two statuses mean the same only by `statusEquivalent: [[200, 201]]`, which says which: write that',
  type: 'another type is a fault of one side: mend it, or write an `ignore` for the path by hand',
  multiset: 'other items are a fault of one side: mend it, or write an `ignore` for the path by hand',
  format: 'a rule in `types` says what the value is, and it is not: change that rule',
  opaque: 'bodies that nothing can be read of are compared byte for byte: `body: skip` leaves them out',
};

function ofField({ shape, legacy, service }: SignatureParts, reason: string): RuleOfSignature {
  const header = shape.replace(/^header:/, '');
  if (header.startsWith('set-cookie'))
    return none(
      'a rule for set-cookie covers every cookie: write an `ignore` for it by hand, if that is meant',
    );
  const kind = legacy === 'absent' ? 'added' : service === 'absent' ? 'removed' : 'value';
  return { key: 'ignore', item: { header, kind, reason } };
}

/** `{*}`, a name that is data, is any name in a rule. */
const toRulePath = (shape: string): string => shape.replaceAll('{*}', '*');

/** What a value of the class looks like, where that is one pattern: then nothing else is excused. */
function matchOf(found: ValueClass): string | undefined {
  const family = familyOf(found);
  const format = found.slice(family.length + 1);
  // Evidence of earlier versions does not say how its timestamps were written.
  if (format === '' && family !== 'uuid') return undefined;
  switch (family) {
    case 'timestamp':
      return layoutPattern(format);
    case 'epoch':
      return `^\\d{${format.startsWith('ms') ? 13 : 10}}${format.endsWith('fraction') ? '\\.\\d+' : ''}$`;
    case 'uuid':
      return uuidPattern(format);
    case 'hex':
      return format.startsWith('upper-') ? `^[0-9A-F]{${format.slice(6)}}$` : `^[0-9a-f]{${format}}$`;
    case 'digits':
      return `^\\d{${format}}$`;
    default:
      return undefined;
  }
}

function uuidPattern(format: string): string {
  const letter = format.startsWith('upper') ? 'A-F' : format.startsWith('mixed') ? 'a-fA-F' : 'a-f';
  const bare = `[0-9${letter}]{8}(-[0-9${letter}]{4}){3}-[0-9${letter}]{12}`;
  return format.endsWith('braced') ? `^\\{${bare}\\}$` : `^${bare}$`;
}
