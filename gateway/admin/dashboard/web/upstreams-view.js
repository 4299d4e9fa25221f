import { h } from './dom.js';
import { count } from './format.js';
import { empty, pill, section, table } from './parts.js';

const breakerKinds = { closed: 'ready', open: 'blocked', 'half-open': 'warn' };

/** Upstreams with their breakers and instances, and what the gateway itself stands on. */
export const upstreams = {
  title: () => 'Upstreams',
  load: async () => ({}),
  render: (_, { status }) => [
    h('h1', {}, 'Upstreams'),
    status.upstreams.length === 0
      ? empty('None.')
      : table({ label: 'Upstreams', rows: status.upstreams, keyOf: row => row.name, columns }),
    section(
      'gateway',
      'What the gateway stands on',
      h(
        'ul',
        { class: 'plain' },
        grounds(status).map(line => h('li', {}, line)),
      ),
    ),
  ],
};

const columns = [
  { name: 'upstream', isHead: true, cell: row => row.name },
  {
    name: 'breaker',
    cell: row =>
      row.breaker === null || row.breaker === undefined
        ? h('span', { class: 'dim' }, 'none')
        : pill(breakerKinds[row.breaker] ?? 'dim-pill', row.breaker),
  },
  { name: 'in flight', isNumber: true, cell: row => count(row.inFlight) },
  { name: 'queued', isNumber: true, cell: row => count(row.queued) },
  { name: 'connections', isNumber: true, cell: row => count(row.openConnections) },
  {
    name: 'instances',
    className: 'wrap',
    cell: row =>
      h(
        'ul',
        { class: 'plain' },
        row.instances.map(({ origin, isHealthy, why }) =>
          h(
            'li',
            {},
            isHealthy ? pill('ready', '✓ in') : pill('blocked', '✕ out'),
            ' ',
            h('code', {}, origin),
            why ? ` ${why}` : '',
          ),
        ),
      ),
  },
];

const grounds = ({ config, store, limits, holdSharing, keySets }) => [
  `${config.file}, hash ${config.hash}${config.revision ? `, revision ${config.revision}` : ''}; moves: ${config.moves}`,
  `store: ${store.kind}${store.isAway ? ', away' : ''}${store.detail ? ` (${store.detail})` : ''}`,
  `limits: ${limits.store}${limits.isUp ? '' : ', away: this process counts alone'}`,
  `holds are shared: ${holdSharing.isStoreShared ? 'by the store' : 'by no store'}, Redis ${holdSharing.redis}`,
  ...keySets.map(
    ({ url, isKnown, failure }) =>
      `keys at ${url}: ${isKnown ? 'known' : 'unknown'}${failure ? `, ${failure}` : ''}`,
  ),
];
