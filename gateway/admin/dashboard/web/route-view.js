import { fill, get, getIfThere } from './api.js';
import { differencesSection } from './differences.js';
import { h } from './dom.js';
import { count, duration, none, percent, prose, time } from './format.js';
import { leftoversSection } from './leftovers.js';
import { movesTable } from './moves-view.js';
import { nextSection } from './next-section.js';
import { button, empty, figure, road, section, table, verdictPill } from './parts.js';
import { mayMove } from './rights.js';
import { verdictSection } from './verdict-section.js';

const moveBound = 500;

/** One route: where it stands, what the evidence says, what can be done. */
export const route = {
  title: ({ route: name }) => name,
  async load({ route: name }) {
    const [view, differences, leftovers, { moves }] = await Promise.all([
      get(fill('/api/routes/{id}', name)),
      getIfThere('/api/routes/{id}/differences', fill('/api/routes/{id}/differences', name)),
      getIfThere('/api/routes/{id}/leftovers', fill('/api/routes/{id}/leftovers', name)),
      get(`/api/moves?limit=${moveBound}`),
    ]);
    return { view, differences, leftovers, moves: moves.filter(move => move.route === name) };
  },
  render({ view, differences, leftovers, moves }, context) {
    return [
      h('p', { class: 'crumb' }, h('a', { href: '#/' }, 'Overview'), ' › route'),
      h('h1', {}, view.route, verdictOf(view)),
      h(
        'p',
        { class: 'dim' },
        [
          view.owner,
          view.service && `service ${view.service}`,
          view.cohort && `cohort ${view.cohort}`,
          view.data && `data: ${view.data}`,
        ]
          .filter(Boolean)
          .join(' · '),
      ),
      road(view, { isLarge: true }),
      held(view),
      buttons(view, context),
      figures(view),
      nextSection(view),
      verdictSection(view),
      latencies(view),
      differencesSection(view, differences, context),
      // Before canary legacy serves all of it.
      ['legacy', 'shadow'].includes(view.stage) ? undefined : leftoversSection(leftovers),
      section(
        'matches',
        'What it matches',
        h(
          'ul',
          { class: 'plain' },
          view.match.map(text => h('li', {}, h('code', {}, text))),
        ),
      ),
      section(
        'moves',
        'Its moves',
        moves.length === 0
          ? empty('None yet: it stands where the file first put it.')
          : movesTable(moves, { isOfOneRoute: true }),
      ),
    ];
  },
};

const verdictOf = ({ verdict }) => {
  const state = verdict?.state ?? verdict;
  return state === null || state === undefined ? undefined : [' ', verdictPill(state)];
};

const held = ({ hold }) =>
  hold === null
    ? undefined
    : h(
        'div',
        { class: 'notice warn', 'data-key': 'held' },
        h('strong', {}, `Held by ${hold.by}: `),
        prose(hold.reason),
        ' · since ',
        time(hold.since),
        hold.until === null ? '' : [' · ends ', time(hold.until)],
        hold.released > 0 ? ` · ${hold.released} % of clients are released` : '',
      );

function buttons(view, context) {
  if (view.route === 'unclaimed' || !mayMove(context.session, view.route)) return undefined;
  const canHold = view.stage !== 'done';
  const isHeld = view.hold !== null;
  return h(
    'div',
    { class: 'buttons', 'data-key': 'buttons' },
    view.stage === 'done' ? undefined : button('promote', 'Promote …', { kind: isHeld ? '' : 'primary' }),
    view.stage === 'legacy' ? undefined : button('rollback', 'Roll back …'),
    isHeld
      ? button('release', 'Release …', { kind: 'primary' })
      : canHold
        ? button('hold', 'Hold …', { kind: 'danger' })
        : undefined,
  );
}

function figures(view) {
  const { latency } = view;
  const two = of => (of.p95 === null ? none : `${duration(of.p50)} · ${duration(of.p95)}`);
  return h(
    'dl',
    { class: 'figures', 'data-key': 'figures' },
    figure(count(view.requests), 'requests since the start'),
    figure(percent(view.serviceShare), 'served by the service'),
    figure(count(view.fallbacks), 'fallbacks'),
    figure(count(view.nearMisses), 'near misses'),
    figure(count(view.refusals), 'refused by guards'),
    view.wouldRefuse === 0 ? undefined : figure(count(view.wouldRefuse), 'would be refused'),
    figure(two(latency.legacy), 'legacy p50 · p95'),
    figure(two(latency.service), 'service p50 · p95'),
    view.breaker === null ? undefined : figure(view.breaker, 'breaker of the service'),
    view.tripwire === undefined || view.tripwire === null
      ? undefined
      : figure(
          view.tripwire.state,
          'tripwire',
          view.tripwire.last && [prose(view.tripwire.last.reason), ', ', time(view.tripwire.last.at)],
        ),
  );
}

/** Of both sides on the same requests: what clients will feel. */
function latencies({ latencySides: sides }) {
  if (sides === undefined || sides === null) return undefined;
  const times = name => ({ name, isNumber: true, cell: side => duration(side[name]) });
  return section(
    'latency',
    'Latency of both sides',
    h(
      'p',
      { class: 'dim' },
      `On the same requests. ${percent(sides.slowShare)} of the pairs are slower at the service than legacy · 1.25 + 25 ms.`,
    ),
    table({
      label: 'Latency of both sides',
      rows: [
        { side: 'legacy', ...sides.legacy },
        { side: 'service', ...sides.service },
      ],
      keyOf: ({ side }) => side,
      className: 'narrow',
      columns: [
        { name: 'side', isHead: true, cell: ({ side }) => side },
        ...['p50', 'p95', 'p99'].map(times),
      ],
    }),
  );
}
