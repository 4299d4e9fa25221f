import { getIfThere } from './api.js';
import { attention, readyRoutes } from './attention-lists.js';
import { drawProgress, progressSection } from './chart.js';
import { h } from './dom.js';
import { count, counted, none, percent } from './format.js';
import { button, empty, sectionWith, stages } from './parts.js';
import { routesTable } from './routes-table.js';

/** How far it has come, what needs attention, the table of routes. */
export const overview = {
  title: () => 'Overview',
  async load(_params, { filters }) {
    const hours = { day: 24, week: 7 * 24, month: 30 * 24 }[filters.range ?? 'day'] ?? 24;
    const from = new Date(Date.now() - hours * 3_600_000).toISOString();
    return { progress: await getIfThere('/api/progress', `/api/progress?from=${encodeURIComponent(from)}`) };
  },
  render({ progress }, context) {
    const { status } = context;
    return [
      h('h1', { class: 'unseen' }, 'How far the migration has come'),
      hero(status),
      progressSection(progress, context.filters),
      attention(status),
      readyRoutes(status),
      sectionWith(allButtons(context), 'routes', 'Routes', routesTable(status.routes, context.filters)),
    ];
  },
  after: (root, { progress }) => drawProgress(root, progress),
};

function hero({ traffic, routes, unclaimed }) {
  const { serviceShare, unclaimedShare, requests, routesByStage } = traffic;
  const legacyShare = Math.max(0, 1 - serviceShare - unclaimedShare);
  const finished = routesByStage.migrated + routesByStage.done;
  return h(
    'div',
    { class: 'hero', 'data-key': 'hero' },
    h(
      'div',
      { class: 'panel' },
      h(
        'p',
        { class: 'big' },
        h('strong', {}, requests === 0 ? none : percent(serviceShare)),
        ' of the traffic is served by services',
      ),
      requests === 0
        ? empty('No request has come yet: send one to the port of the gateway, and it shows here.')
        : bar([
            ['service', serviceShare, 'services'],
            ['legacy', legacyShare, 'legacy, claimed by a route'],
            ['unclaimed', unclaimedShare, 'legacy, unclaimed'],
          ]),
      requests === 0
        ? undefined
        : h(
            'p',
            { class: 'dim' },
            `${counted(requests, 'request')} since the start, ${count(unclaimed.requests)} of them unclaimed`,
          ),
    ),
    h(
      'div',
      { class: 'panel' },
      h(
        'p',
        { class: 'big' },
        h('strong', {}, `${finished} of ${routes.length}`),
        ` route${routes.length === 1 ? ' is' : 's are'} migrated or done`,
      ),
      h(
        'div',
        { class: 'bar', 'aria-hidden': 'true' },
        stages.map((stage, at) =>
          h('span', { class: `part stage-${at}`, shares: { part: routesByStage[stage] } }),
        ),
      ),
      h(
        'dl',
        { class: 'by-stage' },
        stages.map((stage, at) =>
          h('div', { class: `stage-${at}` }, h('dt', {}, stage), h('dd', {}, String(routesByStage[stage]))),
        ),
      ),
    ),
  );
}

/** Parts of a whole, with a legend that says the same in numbers. */
const bar = parts => [
  h(
    'div',
    { class: 'bar', 'aria-hidden': 'true' },
    parts.map(([kind, share]) => h('span', { class: `part ${kind}`, shares: { part: share } })),
  ),
  h(
    'ul',
    { class: 'legend' },
    parts.map(([kind, share, name]) =>
      h('li', {}, h('span', { class: `dot ${kind}`, 'aria-hidden': 'true' }), `${name} ${percent(share)}`),
    ),
  ),
];

const allButtons = ({ session, status }) =>
  session.role !== 'admin'
    ? undefined
    : h(
        'div',
        { class: 'buttons small', 'data-key': 'all-buttons' },
        button('reload', 'Read the file again'),
        button('hold-all', 'Hold all routes …', { kind: 'danger' }),
        status.routes.some(({ hold }) => hold !== null) ? button('release-all', 'Release all …') : undefined,
      );
