/** What a value looks like outside of the comparer: plain JSON, bounded, no credential. */
import { isSecretName, withoutCredentials } from '../core/secrets.ts';
import { ExactNumber } from './canonical/decimal.ts';
import { Repeated, type Value } from './canonical/value.ts';
import type { Step } from './path.ts';
import type { CompiledRules } from './rules.ts';

/** Stands where a value was. */
export const redacted = '***';

/** Longest text of one value, in characters. */
const maxText = 1024;
/** Values in one subtree, and their characters in all. */
const maxValues = 200;
const maxCharacters = 4096;
const cut = '…';

/** The beginning of a token is enough: its end may have been cut off. */
const jwt = /\beyJ[\w-]{8,}(?:\.[\w-]*)*/g;
const scheme = /\b(bearer|basic|digest|negotiate)\s+[\w+/=.~-]{6,}/gi;

/** Characters that are looked through: more than are ever shown, and few enough for any pattern. */
const maxRedacted = 16 * maxText;

/** A text without what looks like a credential wherever it stands: tokens, and query fields that carry some. */
export function redactText(text: string): string {
  const looked = text.length > maxRedacted ? `${text.slice(0, maxRedacted)}${cut}` : text;
  return withoutCredentials(looked.replace(jwt, redacted).replace(scheme, `$1 ${redacted}`));
}

type Redaction = Pick<CompiledRules, 'isRedacted' | 'isFieldRedacted'>;

/** A header as it may be shown. */
export function showField(name: string, values: readonly string[], rules: Redaction): string | string[] {
  const isSecret = isFieldHidden(name, rules);
  const shown = values.map(value => (isSecret ? redacted : shorten(redactText(value))));
  return shown.length === 1 ? (shown[0] as string) : shown;
}

export const isFieldHidden = (name: string, rules: Redaction): boolean =>
  rules.isFieldRedacted(name) || isSecretField(name);

/** `access-control-allow-credentials` says yes or no. */
export const isSecretField = (name: string): boolean =>
  !name.startsWith('access-control-') && (isSecretName(name) || name === 'www-authenticate');

interface Room {
  values: number;
  characters: number;
}

/** A value of a body as it may be shown; what stands below a redacted path or a telling name is `***`. */
export function showValue(value: Value, steps: readonly Step[], rules: Redaction): unknown {
  if (isHidden(steps, rules)) return hide(value);
  return show(value, steps, rules, { values: maxValues, characters: maxCharacters });
}

/** Whether nothing is told of what stands there: `redact` names it, or its name tells of a credential. */
export const isHidden = (steps: readonly Step[], rules: Redaction): boolean =>
  steps.some(isSecretStep) || rules.isRedacted(steps);

const isSecretStep = (step: Step): boolean =>
  typeof step === 'string' && isSecretName(step.startsWith('@') ? step.slice(1) : step);

/** That there is none, or yes or no, gives nothing away. */
export const hide = (value: Value): unknown =>
  value === null || typeof value === 'boolean' ? value : redacted;

/** Recursive, but never deeper than bodies are (`maxDepth`) nor than `room` lets it. */
function show(value: Value, steps: readonly Step[], rules: Redaction, room: Room): unknown {
  room.values--;
  if (typeof value === 'string') return showText(value, room);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return shorten(value.text);
  if (value instanceof Repeated) return show(value.last, steps, rules, room);
  const inside = (step: Step, inner: Value): unknown => {
    const there = [...steps, step];
    return rules.isRedacted(there) || isSecretStep(step) ? hide(inner) : show(inner, there, rules, room);
  };
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) {
      if (room.values <= 0) return [...items, cut];
      items.push(inside(index, item));
    }
    return items;
  }
  const members: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(value)) {
    if (room.values <= 0) {
      members.push([cut, cut]);
      break;
    }
    members.push([shorten(name), inside(name, inner)]);
  }
  return Object.fromEntries(members);
}

function showText(text: string, room: Room): string {
  const shown = shorten(redactText(text), Math.max(0, Math.min(maxText, room.characters)));
  room.characters -= shown.length;
  return shown;
}

const shorten = (text: string, most = maxText): string =>
  text.length <= most ? text : `${text.slice(0, most)}${cut} (${text.length} characters)`;

/** Two long texts around the first place in which they differ, so that what is shown of them shows it. */
export function aroundFirstDifference(legacy: string, service: string): readonly [string, string] {
  if (legacy.length <= maxText && service.length <= maxText) return [legacy, service];
  let at = 0;
  while (at < legacy.length && legacy.charCodeAt(at) === service.charCodeAt(at)) at++;
  const from = Math.max(0, at - maxText / 4);
  const of = (text: string): string => (from === 0 ? text : cut + text.slice(from));
  return [of(legacy), of(service)];
}
