import { getIfThere } from './api.js';
import { h } from './dom.js';
import { count, counted, duration, none, percent, time } from './format.js';
import { copyable, empty, figure, section, table } from './parts.js';

/** Traffic that no route matches, in path templates: what is still to be migrated. */
export const unclaimed = {
  title: () => 'Unclaimed',
  load: async () => ({ answer: await getIfThere('/api/unclaimed', '/api/unclaimed?limit=200') }),
  render({ answer }, { status }) {
    const row = status.unclaimed;
    return [
      h('h1', {}, 'Unclaimed surface'),
      h('p', { class: 'dim' }, 'Traffic that no route matches. It goes to legacy as it came.'),
      h(
        'dl',
        { class: 'figures' },
        figure(percent(status.traffic.unclaimedShare), 'of all traffic'),
        figure(count(row.requests), 'requests since the start'),
        figure(count(row.nearMisses), 'near misses'),
        answer?.missing > 0 ? figure(count(answer.missing), 'asked for what is not there') : undefined,
        answer?.odd > 0 ? figure(count(answer.odd), 'with odd targets') : undefined,
        figure(duration(row.latency.legacy.p95), 'p95'),
      ),
      answer === undefined ? undefined : templates(answer),
      answer === undefined ? undefined : silent(answer),
    ];
  },
};

const templates = ({ templates: rows, since }) =>
  section(
    'templates',
    'By path template',
    h(
      'p',
      { class: 'dim' },
      'Since ',
      time(since),
      '. Start with what has much traffic and few consumers. A suggestion is an entry for routes.yaml in stage legacy: it claims the paths and changes nothing.',
    ),
    rows.length === 0
      ? empty('None seen: every request so far belongs to a route, or there was none yet.')
      : table({
          label: 'Unclaimed templates',
          rows,
          keyOf: row => row.template,
          columns: [
            { name: 'template', isHead: true, className: 'wrap', cell: row => h('code', {}, row.template) },
            {
              name: 'methods',
              cell: row =>
                Object.entries(row.methods)
                  .map(([method, times]) => `${method} ${count(times)}`)
                  .join(', '),
            },
            { name: 'of unclaimed', isNumber: true, cell: row => percent(row.share) },
            { name: 'errors', isNumber: true, cell: row => count(row.errors) },
            { name: 'p95', isNumber: true, cell: row => duration(row.p95) },
            {
              name: 'consumers',
              isNumber: true,
              cell: row =>
                row.consumers === undefined || row.consumers === null ? none : count(row.consumers),
            },
            {
              name: 'last seen',
              cell: row => [
                time(row.lastSeen),
                row.setsCookies > 0 ? h('span', { class: 'under' }, 'GETs set cookies') : undefined,
              ],
            },
            {
              name: 'suggestion',
              className: 'wrap',
              cell: row =>
                row.suggestion
                  ? h(
                      'details',
                      {},
                      h('summary', {}, 'show', h('span', { class: 'unseen' }, ` for ${row.template}`)),
                      copyable(row.suggestion, `the suggestion for ${row.template}`),
                    )
                  : none,
            },
          ],
        }),
  );

const silent = ({ silent: rows = [] }) =>
  rows.length === 0
    ? undefined
    : section(
        'silent',
        'Fallen silent',
        h('p', { class: 'dim' }, 'Nobody has asked for these for a while: perhaps nobody needs them.'),
        h(
          'ul',
          { class: 'plain' },
          rows.map(({ template, lastSeen, days }) =>
            h('li', {}, h('code', {}, template), ` ${counted(days, 'day')}, last `, time(lastSeen)),
          ),
        ),
      );
