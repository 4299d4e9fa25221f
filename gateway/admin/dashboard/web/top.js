import { h } from './dom.js';

const places = [
  ['#/', 'Overview'],
  ['#/unclaimed', 'Unclaimed'],
  ['#/moves', 'Moves'],
  ['#/guards', 'Guards'],
  ['#/upstreams', 'Upstreams'],
];

const connections = { live: 'live', polling: 'connecting again, asking every few seconds' };

/** The head of every page: where one can go, whether it is live, who one is. */
export function top({ session, path = '/', connection }) {
  const here = path.startsWith('/routes/') || path.startsWith('/comparisons/') ? '/' : path;
  return [
    h('p', { class: 'brand', 'data-key': 'brand' }, h('a', { href: '#/' }, 'Figway')),
    session === undefined
      ? undefined
      : h(
          'nav',
          { class: 'tabs', 'aria-label': 'Pages', 'data-key': 'pages' },
          places.map(([href, name]) =>
            h('a', { href, 'aria-current': href === `#${here}` ? 'page' : undefined }, name),
          ),
        ),
    session === undefined
      ? undefined
      : h(
          'p',
          { class: 'who', 'data-key': 'who' },
          h(
            'span',
            { class: `connection ${connection}`, role: 'status' },
            connections[connection] ?? 'connecting',
          ),
          h('span', {}, session.id, h('span', { class: 'role' }, ` · ${session.role}`)),
          session.hasTokens
            ? h('button', { type: 'button', class: 'small', 'data-do': 'log-out' }, 'Log out')
            : undefined,
        ),
  ].filter(Boolean);
}

/** A refused config, red on every page: what runs is not what the file says. */
export const refusedConfig = ({ config: { lastReload, hash, file } }) =>
  lastReload.ok
    ? undefined
    : h(
        'div',
        { class: 'notice bad', role: 'alert', 'data-key': 'refused' },
        h(
          'p',
          {},
          h('strong', {}, 'The config is refused. '),
          `The last good one (${hash}) runs on; ${file} has:`,
        ),
        h(
          'ul',
          { class: 'plain' },
          lastReload.problems.map(problem => h('li', {}, h('code', {}, problem))),
        ),
      );
