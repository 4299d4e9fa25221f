import { get } from './api.js';
import { h } from './dom.js';
import { count, none, time } from './format.js';
import { empty, routeLink, table } from './parts.js';

/** What observing guards would have refused, held against what the upstream itself answered. */
export const guards = {
  title: () => 'Guards',
  load: () => get('/api/observed'),
  render: ({ observed }) => [
    h('h1', {}, 'Observing guards'),
    h(
      'p',
      { class: 'dim' },
      'A guard that observes refuses nobody. Before it enforces, nobody should be locked out here.',
    ),
    observed.length === 0
      ? empty('No guard observes, or none was asked yet.')
      : table({
          label: 'Observing guards',
          rows: observed,
          keyOf: row => `${row.route} ${row.guard}`,
          columns,
        }),
  ],
};

const columns = [
  { name: 'route', isHead: true, cell: row => h('a', { href: routeLink(row.route) }, row.route) },
  { name: 'guard', cell: row => row.guard },
  {
    name: 'would lock out',
    isNumber: true,
    cell: row => h('span', { class: row.lockedOut > 0 ? 'error' : undefined }, count(row.lockedOut)),
  },
  { name: 'refused by both', isNumber: true, cell: row => count(row.refusedByBoth) },
  { name: 'refused by upstream alone', isNumber: true, cell: row => count(row.refusedByUpstream) },
  { name: 'passed', isNumber: true, cell: row => count(row.passed) },
  { name: 'undecided', isNumber: true, cell: row => count(row.undecided) },
  { name: 'why', className: 'wrap', cell: row => listOf(Object.entries(row.codes)) },
  {
    name: 'who',
    className: 'wrap',
    cell: row => listOf(row.callers.map(({ caller, requests }) => [caller, requests])),
  },
  { name: 'since', cell: row => time(row.since) },
];

const listOf = pairs =>
  pairs.length === 0
    ? none
    : pairs
        .slice(0, 5)
        .map(([name, times], at) => [at === 0 ? '' : ', ', h('code', {}, name), ` ${count(times)}`]);
