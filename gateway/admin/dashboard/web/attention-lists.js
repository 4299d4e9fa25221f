import { h } from './dom.js';
import { prose } from './format.js';
import { nextStep, whatItMeans } from './next-steps.js';
import { empty, routeLink, section } from './parts.js';

/** A list longer than this is cut; the rest is in the table and on the other pages. */
const attentionBound = 50;

/** What nobody should have to look for, each with what helps. */
export function attention({ attention: list, routes }) {
  const named = new Set(routes.map(({ route }) => route));
  const rest = list.length - attentionBound;
  return section(
    'attention',
    list.length === 0 ? 'Needs attention' : `Needs attention (${list.length})`,
    list.length === 0
      ? empty('Nothing: no hold, no fallback, no open breaker, and the file is what runs.')
      : h(
          'ul',
          { class: 'attention' },
          list
            .slice(0, attentionBound)
            .map(({ level, kind, about, text }) =>
              h(
                'li',
                { class: level, 'data-key': `${kind} ${about} ${level === 'error' ? text : ''}` },
                h('span', { class: 'sign', role: 'img', 'aria-label': level }, level === 'error' ? '✕' : '!'),
                h('span', {}, prose(text), h('span', { class: 'under why' }, whatItMeans[kind])),
                about !== null && named.has(about)
                  ? h('a', { href: routeLink(about), 'aria-label': `open ${about}` }, 'open')
                  : placeOf(kind),
              ),
            ),
          rest > 0 ? h('li', {}, `and ${rest} more`) : undefined,
        ),
  );
}

const places = {
  breaker: '#/upstreams',
  instance: '#/upstreams',
  'would-lock-out': '#/guards',
  'would-refuse': '#/guards',
  'near-misses': '#/unclaimed',
};

const placeOf = kind =>
  places[kind] === undefined
    ? undefined
    : h('a', { href: places[kind], 'aria-label': `open: ${kind}` }, 'open');

/** Routes whose evidence is there: what can be done today. */
export function readyRoutes({ routes }) {
  const ready = routes.flatMap(row => (nextStep(row) === undefined ? [] : [[row, nextStep(row)]]));
  if (ready.length === 0) return undefined;
  return section(
    'ready',
    `Ready to move on (${ready.length})`,
    h(
      'ul',
      { class: 'attention' },
      ready
        .slice(0, attentionBound)
        .map(([{ route }, step]) =>
          h(
            'li',
            { 'data-key': route },
            h('span', { class: 'sign good', 'aria-hidden': 'true' }, '✓'),
            h('span', {}, `${route}: ${step}`),
            h('a', { href: routeLink(route), 'aria-label': `open ${route}` }, 'open'),
          ),
        ),
    ),
  );
}
