import { isSecretName } from '../core/secrets.ts';
import { ExactNumber, rawJson } from './canonical/decimal.ts';
import { isMembers, Repeated, type Value } from './canonical/value.ts';
import type { Answer, Difference } from './comparison.ts';
import type { KeptAnswer } from './kept.ts';
import { observe } from './observation.ts';
import type { Step } from './path.ts';
import { sentLength } from './plainly-same.ts';
import { hide, redactText, showField, showValue } from './redact.ts';
import type { CompiledRules } from './rules.ts';
import type { CompareConfig } from './schema.ts';
import { isSecretElement } from './secret-element.ts';
import { readSignature } from './signature.ts';

type Keep = CompareConfig['keep'];

/** Characters of a body that are kept (comparison.md §7). */
const longestBody = 16 * 1024;
/** Values of a body that are looked at for that. */
const mostValues = 4000;

/** One answer as it is kept: with `keep: values` its fields and body too, redacted; else nothing that it says. */
export function toKeptAnswer(
  answer: Answer,
  seen: { readonly method: string; readonly ms: number },
  rules: CompiledRules,
  keep: Keep,
): KeptAnswer {
  const observed = observe(answer, seen.method, rules.maxBody);
  const bytes = 'bytes' in observed.bytes ? observed.bytes.bytes.length : sentLength(answer);
  const bare = { status: answer.status, ms: Math.round(seen.ms), bytes };
  if (keep !== 'values') return bare;
  const fields = [...observed.fields].map(([name, values]) => {
    const shown = showField(name, values, rules);
    return [name, typeof shown === 'string' ? shown : shown.join('\n')] as const;
  });
  const body = toKeptBody(observed.content, rules);
  return { ...bare, fields, ...(body === undefined ? {} : { body }) };
}

/** What is kept of a difference: with `keep: shapes` no value, keys of maps included, only what its shape says. */
export function toKeptDifference(difference: Difference, keep: Keep): Difference {
  if (keep !== 'shapes') return difference;
  const { legacy: _, service: __, path, ...shape } = difference;
  return { ...shape, path: readSignature(difference.signature)?.shape ?? path };
}

type Content = ReturnType<typeof observe>['content'];

function toKeptBody(content: Content, rules: CompiledRules): string | undefined {
  if (content.kind === 'opaque') return undefined;
  if (content.kind === 'text') return redactText(content.text).slice(0, longestBody);
  if ('fault' in content.parsed) return undefined;
  const plain = toPlain(content.parsed.root, [], rules, { values: mostValues });
  return JSON.stringify(plain, undefined, 1)?.slice(0, longestBody);
}

/** Recursive, but never deeper than a body is. What is beyond `room` is left away. */
function toPlain(
  value: Value,
  steps: readonly Step[],
  rules: CompiledRules,
  room: { values: number },
): unknown {
  room.values--;
  if (rules.isRedacted(steps)) return hide(value);
  // A number stays one: as text the page would show it as something that it was not.
  if (value instanceof ExactNumber) return rawJson(value.text);
  if (value instanceof Repeated) return toPlain(value.last, steps, rules, room);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) {
      if (room.values <= 0) break;
      items.push(toPlain(item, [...steps, index], rules, room));
    }
    return items;
  }
  if (typeof value !== 'object' || value === null || !isMembers(value)) return showValue(value, steps, rules);
  const isSecret = isSecretElement(value);
  const members: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(value)) {
    if (room.values <= 0) break;
    const isHidden = isSecret || isSecretName(name.startsWith('@') ? name.slice(1) : name);
    members.push([name, isHidden ? hide(inner) : toPlain(inner, [...steps, name], rules, room)]);
  }
  return Object.fromEntries(members);
}
