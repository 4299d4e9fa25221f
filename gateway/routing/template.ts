import { isMalformed, type Malformed, type Part, parsePattern } from './pattern.ts';
import { decodeSegment, splitPath } from './segments.ts';

/** A path with gaps: text as it is sent, or the position of the value that goes there. */
export type Template = readonly (string | number)[];

/** The template of a rewrite for a pattern that has these places; `:name` and `*` must be among them. */
export function parseTemplate(text: string, pattern: readonly Part[]): Template | Malformed {
  const parts = parsePattern(text);
  if (isMalformed(parts)) return parts;
  const values = valuesOf(pattern);
  const missing = valuesOf(parts).find(value => !values.includes(value));
  if (missing !== undefined) return { problem: `${missing} is not in the pattern it rewrites`, at: [] };
  return toTemplate(parts, values);
}

/** What a pattern takes from a path, in the order in which `Match.params` has it. */
export const valuesOf = (parts: readonly Part[]): readonly string[] =>
  parts.flatMap(part => (part.kind === 'name' ? [`:${part.name}`] : part.kind === 'rest' ? ['*'] : []));

export function toTemplate(parts: readonly Part[], values: readonly string[]): Template {
  const pieces: (string | number)[] = [];
  for (const part of parts) {
    if (part.kind === 'literal') pieces.push(`/${encodeURI(part.text)}`);
    else if (part.kind === 'name') pieces.push('/', values.indexOf(`:${part.name}`));
    else pieces.push(values.indexOf('*'));
  }
  return merge(pieces);
}

/** Neighbouring texts as one. */
function merge(pieces: readonly (string | number)[]): Template {
  const merged: (string | number)[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  return merged;
}

/** The path with its values in place, as they were sent. */
export function fill(template: Template, params: readonly string[]): string {
  let path = '';
  for (const piece of template) path += typeof piece === 'string' ? piece : (params[piece] ?? '');
  return path === '' ? '/' : path;
}

/** The values that a path as sent has at the places of a pattern; undefined if it does not fit. */
export function valuesIn(parts: readonly Part[], path: string): ReadonlyMap<string, string> | undefined {
  const segments = splitPath(path);
  const values = new Map<string, string>();
  for (const [at, part] of parts.entries()) {
    const segment = segments[at];
    if (part.kind === 'rest') {
      values.set('*', at < segments.length ? `/${segments.slice(at).join('/')}` : '');
      return values;
    }
    if (segment === undefined) return undefined;
    if (part.kind === 'literal' && decodeSegment(segment) !== part.text) return undefined;
    if (part.kind === 'name' && segment === '') return undefined;
    if (part.kind === 'name') values.set(`:${part.name}`, segment);
  }
  return segments.length === parts.length ? values : undefined;
}
