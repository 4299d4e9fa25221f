import { ExactNumber } from './canonical/decimal.ts';
import type { Neutralise } from './canonical/hosts.ts';
import { Repeated, type Value } from './canonical/value.ts';

/** One side's way to tell whether values are the same: equal numbers for equal values, of both sides of one pair. */
export type Identify = (value: Value) => number;

/** Numbers for texts, given out as they come. */
export type Intern = (key: string) => number;

export function createIntern(): Intern {
  const known = new Map<string, number>();
  return key => {
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, known.size);
    return known.size - 1;
  };
}

/** Exact, not a hash: values that differ never share a number. Each node of a tree is looked at once. */
export function createIdentify(intern: Intern, neutralise: Neutralise): Identify {
  const known = new Map<object, number>();
  const idOf = (value: Value): number =>
    isContainer(value) ? (known.get(value) as number) : intern(toKey(value, neutralise));
  return root => {
    if (!isContainer(root)) return idOf(root);
    const open: Value[] = [root];
    for (let value = open.at(-1); value !== undefined; value = open.at(-1)) {
      if (!isContainer(value) || known.has(value)) {
        open.pop();
        continue;
      }
      const inner = itemsOf(value).filter(item => isContainer(item) && !known.has(item));
      if (inner.length > 0) open.push(...inner);
      else {
        known.set(value, intern(toContainerKey(value, idOf, intern)));
        open.pop();
      }
    }
    return idOf(root);
  };
}

type Container = Extract<Value, object>;

const isContainer = (value: Value): value is Exclude<Container, ExactNumber> =>
  typeof value === 'object' && value !== null && !(value instanceof ExactNumber);

const itemsOf = (value: Exclude<Container, ExactNumber>): readonly Value[] => {
  if (value instanceof Repeated) return value.values;
  return Array.isArray(value) ? value : Object.values(value);
};

function toKey(value: Value, neutralise: Neutralise): string {
  if (typeof value === 'string') return `s${neutralise(value)}`;
  if (value instanceof ExactNumber) return `x${value.key}`;
  // -0 is 0.
  return typeof value === 'number' ? `n${value + 0}` : String(value);
}

function toContainerKey(
  value: Exclude<Container, ExactNumber>,
  idOf: (value: Value) => number,
  intern: Intern,
): string {
  if (value instanceof Repeated) return `r${value.values.map(idOf).join()}`;
  if (Array.isArray(value)) return `[${value.map(idOf).join()}`;
  const members = Object.entries(value as Record<string, Value>).map(
    ([name, inner]) => `${intern(`m${name}`)}:${idOf(inner)}`,
  );
  return `{${members.sort().join()}`;
}

/** Whether two values are the same, without a number for either: stops at the first difference. */
export function isSame(
  legacy: Value,
  service: Value,
  neutralise: { readonly legacy: Neutralise; readonly service: Neutralise },
): boolean {
  if (!isContainer(legacy)) return isSameScalar(legacy, service, neutralise);
  const open: Value[] = [legacy, service];
  while (open.length > 0) {
    const s = open.pop() as Value;
    const l = open.pop() as Value;
    if (!isContainer(l)) {
      if (!isSameScalar(l, s, neutralise)) return false;
      continue;
    }
    if (!isContainer(s) || l instanceof Repeated !== s instanceof Repeated) return false;
    if (Array.isArray(l) || l instanceof Repeated) {
      if (!pushItems(l, s, open)) return false;
    } else if (!pushMembers(l as Record<string, Value>, s, open)) return false;
  }
  return true;
}

function isSameScalar(
  legacy: Value,
  service: Value,
  neutralise: { readonly legacy: Neutralise; readonly service: Neutralise },
): boolean {
  if (legacy === service) return true;
  if (typeof legacy === 'string' && typeof service === 'string')
    return neutralise.legacy(legacy) === neutralise.service(service);
  return legacy instanceof ExactNumber && service instanceof ExactNumber && legacy.key === service.key;
}

function pushItems(legacy: Value, service: Value, open: Value[]): boolean {
  const [l, s] = [legacy, service].map(each => (each instanceof Repeated ? each.values : each));
  if (!Array.isArray(l) || !Array.isArray(s) || l.length !== s.length) return false;
  for (let i = 0; i < l.length; i++) open.push(l[i], s[i]);
  return true;
}

function pushMembers(legacy: Readonly<Record<string, Value>>, service: Value, open: Value[]): boolean {
  if (Array.isArray(service)) return false;
  const members = service as Readonly<Record<string, Value>>;
  const names = Object.keys(legacy);
  if (names.length !== Object.keys(members).length) return false;
  for (const name of names) {
    if (!Object.hasOwn(members, name)) return false;
    open.push(legacy[name] as Value, members[name] as Value);
  }
  return true;
}
