import { get } from './api.js';
import { h } from './dom.js';
import { count, none, percent, prose, time } from './format.js';
import { empty, pill, routeLink, table } from './parts.js';

/** Moves that are shown; the call gives up to 10,000. */
const moveBound = 200;

/** Changes of stage and percent, newest first: who, when, why, and on what evidence. */
export const moves = {
  title: () => 'Moves',
  load: () => get(`/api/moves?limit=${moveBound}`),
  render: ({ moves: rows }) => [
    h('h1', {}, 'Moves'),
    h(
      'p',
      { class: 'dim' },
      'Every change of stage or percent. Ungated: it passed over a gate, by an edit of the file or by force.',
    ),
    rows.length === 0
      ? empty(
          'None yet. Promote a route on its page, or edit its stage in routes.yaml: each change is written down here, with who, why and the numbers of that moment.',
        )
      : movesTable(rows),
    rows.length < moveBound
      ? undefined
      : h(
          'p',
          { class: 'dim' },
          `The newest ${moveBound}. Older ones: `,
          h('code', {}, 'GET /api/moves?limit=10000'),
          '.',
        ),
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
        : [
            {
              name: 'route',
              className: 'wrap route',
              cell: row => h('a', { href: routeLink(row.route) }, row.route),
            },
          ]),
      {
        name: 'move',
        className: 'move',
        cell: row => [`${toSteps(row)} `, row.ungated ? pill('warn', 'ungated') : undefined],
      },
      { name: 'who', className: 'wrap', cell: row => row.by },
      { name: 'why', className: 'wrap', cell: row => (row.reason ? prose(row.reason) : none) },
      ...(rows.some(row => row.evidence)
        ? [{ name: 'evidence', className: 'wrap', cell: row => evidenceOf(row.evidence) }]
        : []),
      { name: 'revision', className: 'wrap', cell: row => row.revision || none },
    ],
  });

/** `shadow → canary 10 %`; within canary `canary 10 % → 25 %`. */
const toSteps = ({ from, to }) =>
  from.stage === to.stage ? `${standing(from)} → ${to.percent} %` : `${standing(from)} → ${standing(to)}`;

const standing = ({ stage, percent: part }) =>
  part === undefined || part === null ? stage : `${stage} ${part} %`;

/** The numbers at that moment, and what stood against it. */
function evidenceOf(evidence) {
  if (evidence === null || evidence === undefined) return none;
  const { gate, isOpen, verdict, reasons = [], unverified = [] } = evidence;
  const words = [
    gate === 'none' ? undefined : `gate ${isOpen ? 'open' : 'shut'}`,
    verdict?.state,
    verdict && `${count(verdict.n)} distinct, ${count(verdict.bad)} bad`,
    verdict && `match rate ${percent(verdict.matchRate, 2)}`,
    unverified.length > 0 && `answered for: ${unverified.join(', ')}`,
  ].filter(Boolean);
  if (words.length === 0) return none;
  return [
    words.join(' · '),
    isOpen || reasons.length === 0 ? undefined : h('span', { class: 'under why' }, prose(reasons.join('; '))),
  ];
}
