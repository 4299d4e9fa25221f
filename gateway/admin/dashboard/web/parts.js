import { h } from './dom.js';
import { none, prose } from './format.js';

export const stages = ['legacy', 'shadow', 'canary', 'migrated', 'done'];

export const routeLink = name => `#/routes/${encodeURIComponent(name)}`;

/** The five steps of a route's way, those behind it filled. */
export function road({ stage, percent }, { isLarge = false } = {}) {
  const at = stages.indexOf(stage);
  const name = percent === null || percent === undefined ? stage : `${stage} ${percent} %`;
  const steps = stages.map((step, index) =>
    h(
      'span',
      { class: `step ${index < at ? 'past' : index === at ? 'here' : 'ahead'}` },
      isLarge ? h('span', { class: 'step-name' }, index === at ? name : step) : undefined,
    ),
  );
  return h(
    'span',
    { class: isLarge ? 'road large' : 'road', role: 'img', 'aria-label': `${name}, step ${at + 1} of 5` },
    h('span', { class: 'steps' }, steps),
    isLarge ? undefined : h('span', { class: 'stage-name' }, name),
  );
}

const verdictWords = { ready: '✓ ready', blocked: '✕ blocked', pending: '… pending' };

/** Told by word and sign, not by colour alone. */
export const verdictPill = state =>
  state === null || state === undefined
    ? undefined
    : h('span', { class: `pill ${state}` }, verdictWords[state] ?? state);

export const pill = (kind, text) => h('span', { class: `pill ${kind}` }, text);

/** One figure with what it is of. */
export const figure = (value, label, ...more) =>
  h(
    'div',
    { class: 'figure' },
    h('dt', {}, label),
    h('dd', {}, value),
    more.filter(Boolean).map(text => h('dd', { class: 'under' }, text)),
  );

/** A section with its heading. `key` keeps it the same section over updates. */
export const section = (key, title, ...children) => sectionWith(undefined, key, title, ...children);

/** A section with what stands beside its heading: buttons, a choice. */
export const sectionWith = (tools, key, title, ...children) =>
  h(
    'section',
    { 'data-key': key, 'aria-labelledby': `of-${key}` },
    h('div', { class: 'head' }, h('h2', { id: `of-${key}` }, title), tools),
    children,
  );

/** Sentences of the gateway below each other; nothing where there is none. */
export const sentences = texts =>
  texts === undefined || texts.length === 0
    ? undefined
    : h(
        'ul',
        { class: 'sentences' },
        texts.map(text => h('li', {}, prose(text))),
      );

/** @param columns `{ name, cell(row), isNumber?, isHead?, sort?, className? }`; on a phone a row is a card and each name stands in front of its cell, unless `className` is `narrow` */
export const table = ({ label, columns, rows, keyOf, caption, className }) =>
  h(
    'table',
    { class: className ?? 'cards', 'aria-label': label },
    caption,
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        columns.map(column => headCell(column)),
      ),
    ),
    h(
      'tbody',
      { 'data-rows': true },
      rows.map(row =>
        h(
          'tr',
          { 'data-key': keyOf?.(row) },
          columns.map(column => bodyCell(column, column.cell(row))),
        ),
      ),
    ),
  );

/** A cell with nothing in it is left out of a card. */
const bodyCell = ({ name, isNumber, isHead, className }, content) => {
  const isBlank = content === none || content === undefined;
  const classes = [isNumber && 'n', isBlank && 'blank', className].filter(Boolean).join(' ');
  return h(
    isHead ? 'th' : 'td',
    { scope: isHead ? 'row' : undefined, 'data-label': name, class: classes || undefined },
    isBlank ? h('span', { class: 'dim' }, none) : content,
  );
};

const headCell = ({ name, isNumber, sort }) =>
  h(
    'th',
    { scope: 'col', class: isNumber ? 'n' : undefined, 'aria-sort': sort?.direction },
    sort === undefined
      ? name
      : h(
          'button',
          { type: 'button', class: 'sort', 'data-do': 'sort', 'data-by': sort.by },
          name,
          h(
            'span',
            { 'aria-hidden': 'true' },
            sort.direction === undefined ? '' : sort.direction === 'ascending' ? ' ↑' : ' ↓',
          ),
        ),
  );

export const empty = text => h('p', { class: 'dim' }, text);

/** A text to be copied, with its button. */
export const copyable = (text, label) =>
  h(
    'div',
    { class: 'copyable' },
    h('pre', { tabindex: '0' }, text),
    h('button', { type: 'button', class: 'small', 'data-do': 'copy', 'aria-label': `Copy ${label}` }, 'Copy'),
  );

export const button = (action, text, { kind = '', ...data } = {}) =>
  h(
    'button',
    {
      type: 'button',
      class: kind || undefined,
      'data-do': action,
      'data-key': `do-${action}`,
      ...Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value])),
    },
    text,
  );
