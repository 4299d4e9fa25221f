import { fill, get } from './api.js';
import { requestOf } from './comparisons-view.js';
import { h } from './dom.js';
import { count, duration, none, prose, time } from './format.js';
import { empty, routeLink, section, table } from './parts.js';
import { bodyRows, fieldRows } from './side-rows.js';

/** Both answers to one request, side by side, with the differing places marked. */
export const comparison = {
  title: () => 'Comparison',
  load: ({ id }) => get(fill('/api/comparisons/{id}', id)),
  render(one, { filters }) {
    const { legacy, service } = one.sides;
    return [
      h(
        'p',
        { class: 'crumb' },
        ...[
          h('a', { href: '#/' }, 'Overview'),
          ' › ',
          h('a', { href: routeLink(one.route) }, one.route),
          ' › ',
        ],
        h('a', { href: `${routeLink(one.route)}/comparisons` }, 'comparisons'),
      ),
      h(
        'h1',
        { class: 'request' },
        requestOf(one),
        ' ',
        h('span', { class: `outcome ${one.outcome}` }, one.outcome),
      ),
      h(
        'p',
        { class: 'dim' },
        time(one.at),
        ` · matched ${one.entry}`,
        one.revision ? ` · revision ${one.revision}` : '',
      ),
      one.skip ? h('p', {}, `Skipped: ${one.skip}`) : undefined,
      one.detail ? h('p', { class: 'notice warn' }, prose(one.detail)) : undefined,
      answersOf(one),
      differencesOf(one),
      ...(isKept(legacy) || isKept(service) ? whole(one, filters) : [notKept()]),
    ];
  },
};

const isKept = side => side?.body !== undefined || (side?.fields ?? []).length > 0;

const notKept = () =>
  section(
    'kept',
    'Header fields and bodies',
    empty(
      'They are not kept: with compare: { keep: values } they are, redacted. keep: differences keeps the values that differ, which are above.',
    ),
  );

const whole = (one, filters) => [
  section(
    'fields',
    'Header fields',
    sideTable(
      fieldRows(one.sides.legacy?.fields, one.sides.service?.fields, one.differences),
      filters,
      'Header fields',
    ),
  ),
  section('body', 'Body', bodySection(one, filters)),
];

const answersOf = ({ sides, statuses, ms }) =>
  table({
    label: 'Both answers',
    className: 'narrow',
    rows: ['legacy', 'service'].map(name => ({
      name,
      status: sides[name]?.status ?? statuses[name],
      ms: sides[name]?.ms ?? ms[name],
      bytes: sides[name]?.bytes,
    })),
    keyOf: ({ name }) => name,
    columns: [
      { name: 'side', isHead: true, cell: ({ name }) => name },
      { name: 'status', isNumber: true, cell: ({ status }) => (status === null ? none : String(status)) },
      { name: 'took', isNumber: true, cell: side => duration(side.ms) },
      {
        name: 'bytes',
        isNumber: true,
        cell: ({ bytes }) => (bytes === undefined || bytes === null ? none : count(bytes)),
      },
    ],
  });

const differencesOf = ({ differences }) =>
  section(
    'differences',
    'Where they differ',
    differences.length === 0
      ? empty('Nowhere.')
      : table({
          label: 'Differences',
          rows: differences,
          columns: [
            { name: 'path', isHead: true, className: 'wrap', cell: one => h('code', {}, one.path) },
            { name: 'kind', cell: one => one.kind },
            { name: 'legacy', className: 'wrap', cell: one => valueOf(one, 'legacy') },
            { name: 'service', className: 'wrap', cell: one => valueOf(one, 'service') },
            { name: 'rule', className: 'wrap', cell: one => one.rule ?? none },
          ],
        }),
  );

function valueOf(one, side) {
  // `keep: shapes` keeps how long a value is and a hash, by which equal ones are seen to be equal.
  const shape = one.shapes?.[side];
  const text = shape === undefined ? JSON.stringify(one[side]) : `length ${shape.length}, #${shape.hash}`;
  return text === undefined ? h('span', { class: 'dim' }, none) : h('code', { class: `value ${side}` }, text);
}

function bodySection({ sides: { legacy, service }, differences }, filters) {
  if (legacy?.body === undefined && service?.body === undefined)
    return empty('Neither side had one, or it is not kept.');
  return sideTable(bodyRows(legacy?.body, service?.body, differences), filters, 'Bodies');
}

/** Equal lines around a difference that are always shown; longer runs are folded. */
const around = 3;

function sideTable(rows, { isWhole = false }, label) {
  if (rows.length === 0) return empty('None is kept.');
  const shown = isWhole ? rows : folded(rows);
  return [
    shown.length === rows.length && !isWhole
      ? undefined
      : h(
          'p',
          {},
          h('label', {}, h('input', { type: 'checkbox', 'data-filter': 'isWhole' }), ' show equal lines too'),
        ),
    h(
      'table',
      { class: 'sides', 'aria-label': `${label} side by side` },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'legacy'), h('th', { scope: 'col' }, 'service'))),
      h('tbody', {}, shown.map(sideRow)),
    ),
  ];
}

const sideRow = row =>
  row.folded === undefined
    ? h(
        'tr',
        { class: row.mark },
        h('td', { 'data-label': 'legacy' }, line(row.legacy, row)),
        h('td', { 'data-label': 'service' }, line(row.service, row)),
      )
    : h('tr', { class: 'folded' }, h('td', { colspan: '2' }, `⋯ ${row.folded} equal lines`));

const line = (text, { mark, depth = 0 }) =>
  text === undefined
    ? h('span', { class: 'gap' }, mark === 'differs' ? h('span', { class: 'unseen' }, 'missing') : undefined)
    : h(
        'span',
        { class: 'line', shares: { depth } },
        mark === 'differs' ? h('mark', {}, text, h('span', { class: 'unseen' }, ' (differs)')) : text,
      );

function folded(rows) {
  const isNear = rows.map((_, at) =>
    rows.slice(Math.max(0, at - around), at + around + 1).some(({ mark }) => mark !== 'same'),
  );
  const shown = [];
  for (const [at, row] of rows.entries()) {
    const last = shown.at(-1);
    if (isNear[at]) shown.push(row);
    else if (last?.folded === undefined) shown.push({ folded: 1 });
    else last.folded += 1;
  }
  return shown;
}
