import { ExactNumber } from './canonical/decimal.ts';
import { parseJson } from './canonical/json.ts';
import { orderMember } from './canonical/markup.ts';
import { isMembers, type Members, Repeated, type Value } from './canonical/value.ts';
import { type List, visitLists } from './diff-lists.ts';
import { type Findings, probe, type Said, toFound } from './findings.ts';
import { createIdentify, createIntern, isSame } from './identity.ts';
import { stepsOf } from './path.ts';
import { isSecretElement } from './secret-element.ts';
import type { DiffOptions, Say, Task, Walk } from './walk.ts';

/** Places that trying out pairs of list items may visit in all; beyond it items count as unlike, and the list as different. */
const maxTried = 3_000_000;

/** Puts into `findings` where two trees differ, in the order of legacy's. Iterative: depth costs no stack. */
export function diff(legacy: Value, service: Value, options: DiffOptions, findings: Findings): void {
  const { neutralise } = options.rules;
  const intern = createIntern();
  const identify = {
    legacy: createIdentify(intern, neutralise.legacy),
    service: createIdentify(intern, neutralise.service),
  };
  let budget = maxTried;
  const walk: Walk = {
    ...options,
    identify,
    isAlike(task) {
      if (budget <= 0) return false;
      const found = probe();
      follow(task, walk, { add: found.add, isDone: () => --budget < 0 || found.isDone() });
      return budget > 0 && found.isClean();
    },
  };
  follow({ legacy, service, place: undefined, isInList: false }, walk, findings);
}

function follow(first: Task, walk: Walk, findings: Findings): void {
  const open: Task[] = [first];
  for (let task = open.pop(); task !== undefined && !findings.isDone(); task = open.pop()) {
    const below = visit(task, walk, findings);
    for (let i = below.length - 1; i >= 0; i--) open.push(below[i] as Task);
  }
}

const nothing: readonly Task[] = [];

/** Says what differs right here; what may differ below comes back. */
function visit(task: Task, walk: Walk, findings: Findings): readonly Task[] {
  const { legacy, service, place } = task;
  const { rules, dialect } = walk;
  const say = (said: Said): readonly Task[] => {
    findings.add(toFound(place, dialect, said, rules));
    return nothing;
  };
  if (legacy === undefined || service === undefined) {
    const there = legacy === undefined ? service : legacy;
    const isNull = rules.isNullMissing && there === null && typeof place?.step === 'string';
    const rule = isNull ? 'nullEqualsMissing' : undefined;
    return say({ kind: legacy === undefined ? 'added' : 'removed', legacy, service, rule });
  }
  if (legacy instanceof Repeated || service instanceof Repeated)
    return visitRepeated(legacy, service, task, walk, say);
  const type = typeOf(legacy);
  if (type !== typeOf(service)) {
    const isNothing = rules.isNullEmpty && isNullAndEmpty(legacy, service);
    return say({ kind: 'type', legacy, service, rule: isNothing ? 'nullEqualsEmpty' : undefined });
  }
  if (type === 'array')
    return visitLists({ legacy: legacy as List, service: service as List, task, walk }, say);
  if (type === 'object') return visitMembers(legacy as Members, service as Members, task, walk, say);
  if (isSame(legacy, service, rules.neutralise)) return nothing;
  if (type === 'string') return visitTexts(legacy as string, service as string, task, walk, say);
  return say({ kind: 'value', legacy, service });
}

function typeOf(value: Value): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (value instanceof ExactNumber) return 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

function isNullAndEmpty(legacy: Value, service: Value): boolean {
  const other = legacy === null ? service : legacy;
  if (legacy !== null && service !== null) return false;
  if (other === '') return true;
  if (Array.isArray(other)) return other.length === 0;
  return isMembers(other) && Object.keys(other).length === 0;
}

/** A name that came twice: how often and with what before the last is one thing, what the last one is another. */
function visitRepeated(legacy: Value, service: Value, task: Task, walk: Walk, say: Say): readonly Task[] {
  const l = legacy instanceof Repeated ? legacy.values : [legacy];
  const s = service instanceof Repeated ? service.values : [service];
  if (!isSame(l.slice(0, -1), s.slice(0, -1), walk.rules.neutralise))
    say({ kind: 'multiset', legacy: l, service: s });
  return [{ ...task, legacy: l.at(-1), service: s.at(-1) }];
}

function visitTexts(legacy: string, service: string, task: Task, walk: Walk, say: Say): readonly Task[] {
  const { rules } = walk;
  const rule = rules.embeddedRule(stepsOf(task.place));
  if (rule === undefined) return say({ kind: 'value', legacy, service });
  const [l, s] = [parseJson(legacy), parseJson(service)];
  if ('fault' in l || 'fault' in s) return say({ kind: 'value', legacy, service });
  // Only the spelling of the JSON differs, and it takes the rule to see that.
  if (isSame(l.root, s.root, rules.neutralise)) return say({ kind: 'value', legacy, service, rule });
  return [{ ...task, legacy: l.root, service: s.root }];
}

function visitMembers(legacy: Members, service: Members, task: Task, walk: Walk, say: Say): readonly Task[] {
  const isMarkup = walk.dialect === 'markup';
  const isSecret =
    task.place?.isSecret === true || (isMarkup && (isSecretElement(legacy) || isSecretElement(service)));
  const below: Task[] = [];
  const enter = (step: string, l: Value | undefined, s: Value | undefined): void => {
    if (l === s) return;
    // Elements of one name are a list, and none is the empty one.
    const isGroup = isMarkup && !step.startsWith('@');
    const place = { parent: task.place, step, isSecret };
    const [legacyHere, serviceHere] = isGroup ? [l ?? [], s ?? []] : [l, s];
    below.push({ legacy: legacyHere, service: serviceHere, place, isInList: task.isInList });
  };
  for (const name of Object.keys(legacy)) {
    if (isMarkup && name === orderMember) continue;
    enter(name, legacy[name], Object.hasOwn(service, name) ? service[name] : undefined);
  }
  for (const name of Object.keys(service))
    if (!Object.hasOwn(legacy, name) && !(isMarkup && name === orderMember))
      enter(name, undefined, service[name]);
  if (isMarkup) sayOrder(legacy[orderMember], service[orderMember], say);
  return below;
}

/** Elements of several names in another order; that some are missing is said of them. */
function sayOrder(legacy: Value | undefined, service: Value | undefined, say: Say): void {
  if (!Array.isArray(legacy) || !Array.isArray(service) || legacy.length !== service.length) return;
  if (legacy.every((name, index) => name === service[index])) return;
  if (legacy.toSorted().join() === service.toSorted().join()) say({ kind: 'order', legacy, service });
}
