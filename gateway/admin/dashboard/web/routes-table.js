import { h } from './dom.js';
import { count, counted, duration, none, percent } from './format.js';
import { empty, pill, road, routeLink, stages, table, verdictPill } from './parts.js';

/** Rows that are shown at once; a filter finds the others. */
const rowBound = 300;

const orders = {
  route: row => row.route,
  stage: row => stages.indexOf(row.stage) * 1000 + (row.percent ?? 0),
  requests: row => row.requests,
  match: row => row.matchRate ?? -1,
};

/** The table of routes with its filter. `filters`: `text`, `stage`, `sort`, `isDescending`. */
export function routesTable(rows, filters) {
  const found = sorted(
    rows.filter(row => isWanted(row, filters)),
    filters,
  );
  return [
    rows.length < 2 ? undefined : filterForm(rows, found.length),
    rows.length === 0
      ? h(
          'p',
          { class: 'dim' },
          'routes.yaml has no route yet: all traffic goes to legacy as it came. ',
          h('a', { href: '#/unclaimed' }, 'The unclaimed surface'),
          ' shows what there is, with entries to copy into the file. In stage legacy they change nothing.',
        )
      : table({
          label: 'Routes',
          columns: columnsFor(rows, filters),
          rows: found.slice(0, rowBound),
          keyOf: row => row.route,
        }),
    found.length > rowBound ? empty(`${found.length - rowBound} more: the filter finds them.`) : undefined,
  ];
}

const isWanted = (row, { text = '', stage = '' }) =>
  (stage === '' || row.stage === stage) &&
  (text === '' ||
    `${row.route} ${row.owner} ${row.service ?? ''}`.toLowerCase().includes(text.toLowerCase()));

function sorted(rows, { sort, isDescending }) {
  const by = orders[sort];
  if (by === undefined) return rows;
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((one, other) => sign * (by(one) < by(other) ? -1 : by(one) > by(other) ? 1 : 0));
}

const filterForm = (rows, found) =>
  h(
    'form',
    { class: 'filter', role: 'search', 'data-key': 'filter' },
    h(
      'label',
      {},
      'Find ',
      h('input', {
        type: 'search',
        'data-filter': 'text',
        autocomplete: 'off',
        placeholder: 'route, owner, service',
      }),
    ),
    h(
      'label',
      {},
      'Stage ',
      h(
        'select',
        { 'data-filter': 'stage' },
        h('option', { value: '' }, 'all'),
        stages.map(stage => h('option', { value: stage }, stage)),
      ),
    ),
    h('output', {}, found === rows.length ? `${found} routes` : `${found} of ${rows.length} routes`),
  );

function columnsFor(rows, { sort, isDescending }) {
  const by = name => ({
    by: name,
    direction: sort === name ? (isDescending ? 'descending' : 'ascending') : undefined,
  });
  const hasVerdicts = rows.some(row => row.verdict !== undefined && row.verdict !== null);
  return [
    {
      name: 'route',
      sort: by('route'),
      isHead: true,
      cell: row => [
        h('a', { href: routeLink(row.route) }, row.route),
        h('span', { class: 'under' }, row.owner),
      ],
    },
    { name: 'stage', sort: by('stage'), cell: row => road(row) },
    ...(hasVerdicts
      ? [
          { name: 'verdict', cell: row => verdictPill(row.verdict) },
          {
            name: 'match rate',
            sort: by('match'),
            isNumber: true,
            cell: row =>
              row.compared > 0
                ? [
                    percent(row.matchRate, 2),
                    h('span', { class: 'under' }, `${count(row.compared)} compared`),
                  ]
                : none,
          },
        ]
      : []),
    {
      name: 'requests',
      sort: by('requests'),
      isNumber: true,
      cell: row => [
        count(row.requests),
        row.requests > 0
          ? h('span', { class: 'under' }, `${percent(row.serviceShare)} by service`)
          : undefined,
      ],
    },
    {
      name: 'p95 legacy · service',
      isNumber: true,
      cell: ({ latency: { legacy, service } }) =>
        legacy.p95 === null && service.p95 === null
          ? none
          : h('span', { class: 'pair' }, duration(legacy.p95), ' · ', duration(service.p95)),
    },
    { name: 'state', className: 'state', cell: row => flags(row) },
  ];
}

function flags(row) {
  const found = [
    row.hold === null ? undefined : pill('blocked', `held by ${row.hold.by}`),
    row.breaker === null || row.breaker === 'closed' ? undefined : pill('blocked', `breaker ${row.breaker}`),
    row.fallbacks === 0 ? undefined : pill('warn', counted(row.fallbacks, 'fallback')),
    row.wouldRefuse === 0 ? undefined : pill('warn', `${count(row.wouldRefuse)} would be refused`),
  ].filter(flag => flag !== undefined);
  return found.length === 0 ? none : h('span', { class: 'flags' }, found);
}
