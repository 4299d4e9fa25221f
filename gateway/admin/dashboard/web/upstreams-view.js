import { h } from './dom.js';
import { count, prose, time } from './format.js';
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
        'dl',
        { class: 'grounds' },
        grounds(status).map(([name, text]) => h('div', {}, h('dt', {}, name), h('dd', {}, text))),
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
            why ? [' ', prose(why)] : '',
          ),
        ),
      ),
  },
];

const grounds = ({ config, store, limits, holdSharing, keySets }) => [
  ['config', `${config.file}, hash ${config.hash}${config.revision ? `, revision ${config.revision}` : ''}`],
  ['loaded', time(config.loadedAt)],
  ['moves', moveWords[config.moves] ?? config.moves],
  [
    'store',
    [
      store.isAway ? [pill('blocked', '✕ away'), ' '] : '',
      store.kind,
      store.detail ? [', ', prose(store.detail)] : '',
    ],
  ],
  [
    'limits',
    `counted in ${limits.store === 'redis' ? 'Redis' : 'memory'}${limits.isUp ? '' : '; it is away, this process counts alone'}`,
  ],
  [
    'holds',
    `${holdSharing.isStoreShared ? 'shared by the store' : 'of this gateway alone'}${redisWords[holdSharing.redis] ?? ''}`,
  ],
  ...keySets.map(({ url, isKnown, failure }) => [
    'keys',
    [
      isKnown ? pill('ready', '✓ known') : pill('blocked', '✕ unknown'),
      ' ',
      h('code', {}, url),
      failure ? [' ', prose(failure)] : '',
    ],
  ]),
];

const moveWords = { file: 'edit the file', propose: 'are proposed: the patch is committed' };

const redisWords = { up: ', announced by Redis', away: ', Redis is away' };
