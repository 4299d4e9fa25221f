import { type Fields, fieldRule, isTakenOff, toComparable } from './canonical/headers.ts';
import { parseSetCookie, type SetCookie, toShownCookie } from './canonical/set-cookie.ts';
import type { ValueShape } from './canonical/shape.ts';
import { classOfText } from './canonical/value-class.ts';
import type { Difference, ValueClass } from './comparison.ts';
import { isFieldHidden, showField } from './redact.ts';
import type { CompiledRules } from './rules.ts';
import { toSignature } from './signature.ts';

/** Where the fields of two answers differ, by name. */
export function diffFields(legacy: Fields, service: Fields, rules: CompiledRules): Difference[] {
  const differences: Difference[] = [];
  for (const name of [...new Set([...legacy.keys(), ...service.keys()])].sort()) {
    const [l, s] = [legacy.get(name), service.get(name)];
    if (name === 'set-cookie') differences.push(...diffCookies(l ?? [], s ?? [], rules));
    else if (!isSameField(name, l, s, rules)) differences.push(toDifference(name, l, s, rules));
  }
  return differences;
}

type Values = readonly string[] | undefined;

function isSameField(name: string, legacy: Values, service: Values, { neutralise }: CompiledRules): boolean {
  if (fieldRule(name) === 'codings' && isTakenOff(legacy ?? []) && isTakenOff(service ?? [])) return true;
  if (legacy === undefined || service === undefined) return false;
  if (isSameList(legacy, service)) return true;
  const l = toComparable(name, legacy, neutralise.legacy);
  return isSameList(l, toComparable(name, service, neutralise.service));
}

const isSameList = (legacy: readonly string[], service: readonly string[]): boolean =>
  legacy.length === service.length && legacy.every((value, index) => value === service[index]);

function toDifference(name: string, legacy: Values, service: Values, rules: CompiledRules): Difference {
  const classes = classesOfField(legacy, service);
  const rule = rules.coverField(name, {
    kind: 'header',
    legacy: legacy?.join(', '),
    service: service?.join(', '),
  });
  return {
    path: `header:${name}`,
    kind: 'header',
    ...(legacy === undefined ? {} : { legacy: showField(name, legacy, rules) }),
    ...(service === undefined ? {} : { service: showField(name, service, rules) }),
    ...(rule === undefined ? {} : { rule }),
    classes,
    ...toShapes(name, legacy, service, rules),
    signature: toSignature(`header:${name}`, 'header', classes),
  };
}

function toShapes(
  name: string,
  legacy: Values,
  service: Values,
  rules: CompiledRules,
): Pick<Difference, 'shapes'> {
  const { toShape } = rules;
  if (toShape === undefined || isFieldHidden(name, rules)) return {};
  const shapeOf = (values: readonly string[]): ValueShape =>
    toShape(values.length === 1 ? (values[0] as string) : values, () => false);
  return {
    shapes: {
      ...(legacy === undefined ? {} : { legacy: shapeOf(legacy) }),
      ...(service === undefined ? {} : { service: shapeOf(service) }),
    },
  };
}

/** Without the quotes and the `W/` of an entity tag, where both have the same: else they are two texts. */
function classesOfField(legacy: Values, service: Values): Difference['classes'] {
  const [l, s] = [classOfField(legacy), classOfField(service)];
  const isRewrapped = l === s && wrappingOf(legacy) !== wrappingOf(service);
  return isRewrapped ? { legacy: 'text', service: 'text' } : { legacy: l, service: s };
}

const entityTag = /^((?:W\/)?")(.*)"$/;

const wrappingOf = (values: Values): string => entityTag.exec(values?.[0] ?? '')?.[1] ?? '';

const classOfField = (values: Values): ValueClass => {
  if (values === undefined) return 'absent';
  return values.length === 1 ? classOfText((values[0] as string).replace(entityTag, '$2')) : 'array';
};

/** Cookies by name, then in their order. A value is never shown: it is a credential. */
function diffCookies(
  legacy: readonly string[],
  service: readonly string[],
  rules: CompiledRules,
): Difference[] {
  const differences: Difference[] = [];
  const left = service.map(parseSetCookie);
  for (const cookie of legacy.map(parseSetCookie)) {
    const at = left.findIndex(({ name }) => name === cookie.name);
    const [other] = at < 0 ? [] : left.splice(at, 1);
    if (other === undefined || !isSameCookie(cookie, other, rules))
      differences.push(toCookieDifference(cookie, other, rules));
  }
  return [...differences, ...left.map(cookie => toCookieDifference(undefined, cookie, rules))];
}

type Part = readonly [name: string, value: string];

/** All of a cookie as parts, the domain neutral where it is the side's own. */
function toParts(cookie: SetCookie, neutralise: (text: string) => string): readonly Part[] {
  const attributes = cookie.attributes.map(
    ([name, value]): Part => [name, name === 'domain' ? neutralise(value) : value],
  );
  return [['', cookie.value], ...attributes];
}

function isSameCookie(legacy: SetCookie, service: SetCookie, { neutralise }: CompiledRules): boolean {
  const [l, s] = [toParts(legacy, neutralise.legacy), toParts(service, neutralise.service)];
  return l.length === s.length && l.every(([name, value], index) => isPart(s[index], name, value));
}

const isPart = (part: Part | undefined, name: string, value: string): boolean =>
  part !== undefined && part[0] === name && part[1] === value;

function toCookieDifference(
  legacy: SetCookie | undefined,
  service: SetCookie | undefined,
  rules: CompiledRules,
): Difference {
  const classes = classesOf(legacy, service);
  const rule = rules.coverField('set-cookie', {
    kind: 'header',
    legacy: legacy && toShownCookie(legacy),
    service: service && toShownCookie(service),
  });
  const name = (legacy ?? service)?.name ?? '';
  return {
    path: 'header:set-cookie',
    kind: 'header',
    ...(legacy === undefined ? {} : { legacy: toShownCookie(legacy) }),
    ...(service === undefined ? {} : { service: toShownCookie(service) }),
    ...(rule === undefined ? {} : { rule }),
    classes,
    signature: toSignature(`header:set-cookie ${name}`, 'header', classes),
  };
}

/** Of the one part in which two cookies differ; of several it is just text. */
function classesOf(legacy: SetCookie | undefined, service: SetCookie | undefined): Difference['classes'] {
  if (legacy === undefined || service === undefined)
    return {
      legacy: legacy === undefined ? 'absent' : 'text',
      service: service === undefined ? 'absent' : 'text',
    };
  const unchanged = (text: string): string => text;
  const [l, s] = [toParts(legacy, unchanged), toParts(service, unchanged)];
  const odd = l.filter(([name, value]) => !s.some(part => isPart(part, name, value)));
  const [first] = odd;
  const other = s.find(([name]) => name === first?.[0]);
  if (l.length !== s.length || odd.length !== 1 || first === undefined || other === undefined)
    return { legacy: 'text', service: 'text' };
  return { legacy: classOfText(first[1]), service: classOfText(other[1]) };
}
