import { emptyMembers, maxTokens, type Parsed, tooMany, type Value } from './value.ts';

/** A urlencoded form (WHATWG URL §5.1): a field that came once is text, a repeated one a list in its order. */
export function parseForm(text: string): Parsed {
  const members = emptyMembers();
  let fields = 0;
  for (const [name, value] of new URLSearchParams(text.trimEnd())) {
    if (++fields > maxTokens / 2) return tooMany;
    const before = members[name] as Value | undefined;
    if (before === undefined) members[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else members[name] = [before, value];
  }
  return { root: members };
}
