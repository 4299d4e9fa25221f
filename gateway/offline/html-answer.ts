/** One answer as a cell of the report, with the places marked in which the other side's differs. Pure. */
import type { KeptAnswer } from '../compare/kept.ts';
import { type Dialect, type Step, toPath } from '../compare/path.ts';
import type { Side } from '../core/vocabulary.ts';
import { escape } from './html-text.ts';
import type { ExampleDifference } from './report.ts';

export function toAnswerCell(
  side: Side,
  answer: KeptAnswer | undefined,
  differences: readonly ExampleDifference[],
): string {
  if (answer === undefined) return `<div><h4>${side}</h4><p><i>no answer</i></p></div>`;
  const marked = new Set(differences.map(({ path }) => path));
  const status = mark(String(answer.status), marked.has('status'));
  const fields = (answer.fields ?? []).map(
    ([name, value]) => `${mark(`${name}: ${value}`, marked.has(`header:${name}`))}\n`,
  );
  const head = fields.length === 0 ? '' : `<pre>${fields.join('')}</pre>`;
  const body = answer.body === undefined ? '' : `<pre>${markBody(answer.body, marked)}</pre>`;
  return `<div><h4>${side} ${status} <small>${Math.round(answer.ms)} ms, ${answer.bytes} bytes</small></h4>${head}${body || missing(answer)}</div>`;
}

const missing = ({ bytes }: KeptAnswer): string =>
  bytes === 0 ? '<p><i>no body</i></p>' : '<p><i>the body is not kept</i></p>';

const mark = (text: string, isMarked: boolean): string =>
  isMarked ? `<mark>${escape(text)}</mark>` : escape(text);

/** A body that is kept as JSON is walked, so that exactly what a path names is marked; of other text, lines are not told apart. */
function markBody(body: string, marked: ReadonlySet<string>): string {
  const tree = parse(body);
  if (tree === undefined) return mark(body, marked.has('$'));
  const dialect: Dialect = [...marked].some(path => path.startsWith('$')) ? 'json' : 'markup';
  return render(tree.value, [], { marked, dialect });
}

interface Look {
  readonly marked: ReadonlySet<string>;
  readonly dialect: Dialect;
}

/** Recursive, but never deeper than bodies are. */
function render(value: unknown, steps: readonly Step[], look: Look): string {
  const text = renderBare(value, steps, look);
  return look.marked.has(toPath(steps, look.dialect)) ? `<mark>${text}</mark>` : text;
}

function renderBare(value: unknown, steps: readonly Step[], look: Look): string {
  if (typeof value !== 'object' || value === null) return escape(JSON.stringify(value) ?? '');
  const indent = '  '.repeat(steps.length + 1);
  const items = Array.isArray(value)
    ? value.map((item, at) => `${indent}${render(item, [...steps, at], look)}`)
    : Object.entries(value).map(
        ([name, inner]) =>
          `${indent}${escape(JSON.stringify(name))}: ${render(inner, [...steps, name], look)}`,
      );
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return items.length === 0
    ? `${open}${close}`
    : `${open}\n${items.join(',\n')}\n${'  '.repeat(steps.length)}${close}`;
}

function parse(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
