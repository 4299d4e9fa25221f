import { fill, get } from './api.js';
import { h } from './dom.js';
import { duration, none, time } from './format.js';
import { empty, routeLink, table } from './parts.js';

const outcomes = [
  'match',
  'excused',
  'noise',
  'lagged',
  'mismatch',
  'service-failed',
  'legacy-failed',
  'skipped',
];

/** Kept comparisons of a route, newest first, by outcome or signature. */
export const comparisons = {
  title: ({ route }) => `Comparisons of ${route}`,
  async load({ route, outcome, signature, cursor }) {
    const query = new URLSearchParams({ limit: '50' });
    for (const [name, value] of Object.entries({ outcome, signature, cursor }))
      if (value) query.set(name, value);
    return {
      route,
      outcome,
      signature,
      ...(await get(`${fill('/api/routes/{id}/comparisons', route)}?${query}`)),
    };
  },
  render({ route, outcome, signature, comparisons: rows, cursor }) {
    return [
      h(
        'p',
        { class: 'crumb' },
        h('a', { href: '#/' }, 'Overview'),
        ' › ',
        h('a', { href: routeLink(route) }, route),
        ' › comparisons',
      ),
      h('h1', {}, `Comparisons of ${route}`),
      signature
        ? h(
            'p',
            {},
            'With the difference ',
            h('code', {}, signature),
            ' · ',
            h('a', { href: linkTo(route, {}) }, 'all'),
          )
        : h(
            'nav',
            { class: 'tabs choices', 'aria-label': 'Outcome' },
            [undefined, ...outcomes].map(one =>
              h(
                'a',
                {
                  href: linkTo(route, { outcome: one }),
                  'aria-current': one === outcome ? 'true' : undefined,
                },
                one ?? 'all',
              ),
            ),
          ),
      rows.length === 0
        ? empty('None is kept.')
        : table({ label: 'Comparisons', rows, keyOf: row => row.id, columns }),
      cursor
        ? h(
            'p',
            {},
            h('a', { class: 'button', href: linkTo(route, { outcome, signature, cursor }) }, 'Older ones'),
          )
        : undefined,
    ];
  },
};

const linkTo = (route, query) => {
  const given = Object.entries(query).filter(([, value]) => value);
  return `${routeLink(route)}/comparisons${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`;
};

export const requestOf = ({ method, target, template }) => `${method} ${target ?? template}`;

const columns = [
  {
    name: 'request',
    isHead: true,
    className: 'wrap',
    cell: row => h('a', { href: `#/comparisons/${encodeURIComponent(row.id)}` }, requestOf(row)),
  },
  {
    name: 'outcome',
    cell: row => h('span', { class: `outcome ${row.outcome}` }, row.outcome, row.skip ? `: ${row.skip}` : ''),
  },
  { name: 'status', cell: ({ statuses }) => `${statuses.legacy ?? none} · ${statuses.service ?? none}` },
  {
    name: 'legacy · service',
    isNumber: true,
    cell: ({ ms }) => `${duration(ms.legacy)} · ${duration(ms.service)}`,
  },
  { name: 'differences', isNumber: true, cell: row => String(row.signatures.length) },
  { name: 'at', cell: row => time(row.at) },
];
