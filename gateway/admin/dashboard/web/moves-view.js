import { get } from './api.js';
import { h } from './dom.js';
import { count, none, percent, time } from './format.js';
import { empty, pill, routeLink, table } from './parts.js';

/** Changes of stage and percent, newest first: who, when, why, and on what evidence. */
export const moves = {
  title: () => 'Moves',
  load: () => get('/api/moves?limit=200'),
  render: ({ moves: rows }) => [
    h('h1', {}, 'Moves'),
    h(
      'p',
      { class: 'dim' },
      'Every change of stage or percent. Ungated: it passed over a gate, by an edit of the file or by force.',
    ),
    rows.length === 0 ? empty('None yet.') : movesTable(rows),
  ],
};

export const movesTable = (rows, { isOfOneRoute = false } = {}) =>
  table({
    label: 'Moves',
    rows,
    keyOf: row => row.id,
    columns: [
      { name: 'when', isHead: true, cell: row => time(row.at) },
      ...(isOfOneRoute
        ? []
        : [{ name: 'route', cell: row => h('a', { href: routeLink(row.route) }, row.route) }]),
      {
        name: 'move',
        cell: row => [
          `${standing(row.from)} → ${standing(row.to)} `,
          row.ungated ? pill('warn', 'ungated') : undefined,
        ],
      },
      { name: 'who', className: 'wrap', cell: row => row.by },
      { name: 'why', className: 'wrap', cell: row => row.reason || none },
      ...(rows.some(row => row.evidence)
        ? [{ name: 'evidence', className: 'wrap', cell: row => evidenceOf(row.evidence) }]
        : []),
      { name: 'revision', className: 'wrap', cell: row => row.revision || none },
    ],
  });

const standing = ({ stage, percent: part }) =>
  part === undefined || part === null ? stage : `${stage} ${part} %`;

/** The numbers at that moment; whatever else came with them is said as it came. */
function evidenceOf(evidence) {
  if (evidence === null || evidence === undefined) return none;
  const { state, n, bad, matchRate } = evidence;
  const words = [
    state,
    n === undefined ? undefined : `${count(n)} distinct, ${count(bad ?? 0)} bad`,
    matchRate === undefined || matchRate === null ? undefined : `match rate ${percent(matchRate, 2)}`,
  ].filter(Boolean);
  return words.length > 0 ? words.join(' · ') : h('code', {}, JSON.stringify(evidence).slice(0, 300));
}
