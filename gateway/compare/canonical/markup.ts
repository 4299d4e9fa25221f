/**
 * Elements as a tree like that of JSON: `<p class="x">Hi</p>` is `{ p: [{ '@class': 'x', '#text': 'Hi' }] }`.
 * Elements of one name are a list below their parent, and `#order` keeps how names and texts follow each other.
 */
import { emptyMembers, maxDepth, maxTokens, type Parsed, tooDeep, tooMany, type Value } from './value.ts';

export const textMember = '#text';
export const orderMember = '#order';

interface Open {
  readonly members: Record<string, Value>;
  readonly order: string[];
  readonly isPreformatted: boolean;
  /** Text since the last tag. */
  text: string;
}

export interface MarkupBuilder {
  open(name: string, isPreformatted: boolean): void;
  attribute(name: string, value: string): void;
  text(text: string): void;
  close(): void;
}

/** Thrown into the parser once a bound is passed: what it would go on to build is of no use. */
const outOfBounds = new Error('out of bounds');

/** Collects what `parse` tells, within `maxDepth` and `maxTokens`. */
export function buildMarkup(parse: (builder: MarkupBuilder) => void): Parsed {
  const root = toOpen(false);
  const stack: Open[] = [root];
  let tokens = 0;
  let fault: Parsed | undefined;
  const top = (): Open => stack.at(-1) as Open;
  const count = (): void => {
    if (++tokens > maxTokens) fault = tooMany;
    else if (stack.length > maxDepth + 1) fault = tooDeep;
    if (fault !== undefined) throw outOfBounds;
  };
  const builder: MarkupBuilder = {
    open(name, isPreformatted) {
      const parent = top();
      flushText(parent, 'before-element');
      const element = toOpen(isPreformatted || parent.isPreformatted);
      const siblings = (parent.members[name] ?? []) as Value[];
      parent.members[name] = siblings;
      siblings.push(element.members);
      parent.order.push(name);
      stack.push(element);
      count();
    },
    attribute(name, value) {
      count();
      top().members[`@${name}`] ??= value;
    },
    text(text) {
      top().text += text;
    },
    close() {
      if (stack.length > 1) finish(stack.pop() as Open);
    },
  };
  try {
    parse(builder);
  } catch (error) {
    if (error !== outOfBounds) throw error;
    return fault as Parsed;
  }
  for (const open of stack) finish(open);
  return { root: root.members };
}

const toOpen = (isPreformatted: boolean): Open => ({
  ...{ members: emptyMembers(), order: [], isPreformatted, text: '' },
});

/** Text between tags: white space collapsed, nothing where there is nothing else, no rim at the rim of its element. */
function flushText(open: Open, where: 'before-element' | 'at-end'): void {
  if (open.text === '') return;
  const isFirst = open.order.length === 0;
  let text = open.text.replaceAll('\r\n', '\n');
  open.text = '';
  if (!open.isPreformatted) {
    text = text.replace(/[ \t\n\f\r]+/g, ' ');
    if (isFirst) text = text.trimStart();
    if (where === 'at-end') text = text.trimEnd();
  }
  if (text.trim() === '') return;
  const texts = (open.members[textMember] ?? []) as Value[];
  texts.push(text);
  open.members[textMember] = texts;
  open.order.push(textMember);
}

function finish(open: Open): void {
  flushText(open, 'at-end');
  // One name or one text has only one order.
  if (new Set(open.order).size > 1) open.members[orderMember] = open.order;
}
