import { fill, get, getIfThere } from './api.js';
import { differencesSection } from './differences.js';
import { h } from './dom.js';
import { count, counted, duration, none, percent, time } from './format.js';
import { leftoversSection } from './leftovers.js';
import { movesTable } from './moves-view.js';
import { button, empty, figure, road, section, table, verdictPill } from './parts.js';
import { mayMove } from './rights.js';

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
      verdictSection(view),
      nextSection(view),
      differencesSection(view, differences, context),
      leftoversSection(leftovers),
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
        moves.length === 0 ? empty('None yet.') : movesTable(moves, { isOfOneRoute: true }),
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
        hold.reason,
        ' · since ',
        time(hold.since),
        hold.until === null ? '' : [' · ends ', time(hold.until)],
        hold.released > 0 ? ` · ${hold.released} % of clients are released` : '',
      );

function buttons(view, context) {
  if (view.route === 'unclaimed' || !mayMove(context.session, view.route)) return undefined;
  const canHold = view.stage !== 'done';
  return h(
    'div',
    { class: 'buttons', 'data-key': 'buttons' },
    view.stage === 'done' ? undefined : button('promote', 'Promote …', { kind: 'primary' }),
    view.stage === 'legacy' ? undefined : button('rollback', 'Roll back …'),
    view.hold !== null
      ? button('release', 'Release …')
      : canHold
        ? button('hold', 'Hold …', { kind: 'danger' })
        : undefined,
  );
}

function figures(view) {
  const { latency, latencySides: sides } = view;
  const three = of => (of === undefined ? none : [of.p50, of.p95, of.p99].map(duration).join(' · '));
  const two = of => `${duration(of.p50)} · ${duration(of.p95)}`;
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
    sides === undefined || sides === null
      ? undefined
      : [
          figure(three(sides.legacy), 'legacy, same requests, p50 · p95 · p99'),
          figure(three(sides.service), 'service, same requests, p50 · p95 · p99'),
          figure(percent(sides.slowShare), 'of pairs are slower'),
        ],
    view.breaker === null ? undefined : figure(view.breaker, 'breaker of the service'),
    view.tripwire === undefined || view.tripwire === null
      ? undefined
      : figure(
          view.tripwire.state,
          'tripwire',
          view.tripwire.last && [view.tripwire.last.reason, ', ', time(view.tripwire.last.at)],
        ),
  );
}

function verdictSection({ verdict, stage }) {
  if (verdict === undefined) return undefined;
  if (verdict === null)
    return section(
      'verdict',
      'Verdict',
      empty(stage === 'legacy' ? 'Nothing is compared in legacy.' : 'Nothing has been compared yet.'),
    );
  const { counts = {}, skips = {} } = verdict;
  return section(
    'verdict',
    'Verdict',
    h('p', {}, verdictPill(verdict.state), ' ', reasonOf(verdict)),
    list(verdict.reasons),
    table({
      label: 'Verdict by method and match entry',
      rows: verdict.parts,
      keyOf: part => `${part.method} ${part.entry}`,
      columns: [
        { name: 'part', isHead: true, cell: part => h('code', {}, partName(part)) },
        { name: 'verdict', cell: part => verdictPill(part.state) },
        { name: 'distinct', isNumber: true, cell: part => count(part.n) },
        { name: 'bad', isNumber: true, cell: part => count(part.bad) },
        { name: 'share', isNumber: true, cell: part => percent(part.share) },
        {
          name: 'missing',
          isNumber: true,
          cell: part =>
            part.more === undefined || part.more === null ? none : counted(part.more, 'more request'),
        },
        { name: 'why', className: 'wrap', cell: part => list(part.reasons) },
      ],
    }),
    (verdict.unverified ?? []).length === 0
      ? undefined
      : h(
          'p',
          {},
          'Cannot be shadowed, so nobody has verified: ',
          verdict.unverified.map(name => [h('code', {}, name), ' ']),
        ),
    h('p', { class: 'outcomes' }, outcomeLinks(verdict.route, counts)),
    Object.keys(skips).length === 0
      ? undefined
      : h(
          'p',
          { class: 'dim' },
          'Skipped: ',
          Object.entries(skips)
            .map(([why, times]) => `${why} ${count(times)}`)
            .join(', '),
        ),
  );
}

const partName = ({ method, entry }) =>
  String(entry).startsWith(`${method} `) ? String(entry) : `${method} · ${entry}`;

const reasonOf = ({ matchRate }) =>
  matchRate === undefined || matchRate === null ? '' : `match rate ${percent(matchRate, 2)}`;

const list = reasons =>
  reasons === undefined || reasons.length === 0
    ? undefined
    : h(
        'ul',
        { class: 'plain' },
        reasons.map(text => h('li', {}, text)),
      );

const outcomeLinks = (route, counts) =>
  Object.entries(counts)
    .filter(([, times]) => times > 0)
    .map(([outcome, times]) => [
      h(
        'a',
        {
          class: `outcome ${outcome}`,
          href: `#/routes/${encodeURIComponent(route)}/comparisons?outcome=${outcome}`,
        },
        `${outcome} ${count(times)}`,
      ),
      ' ',
    ]);

/** What each gate asks for. */
const gates = {
  ready: 'the verdict ready',
  'ready+no-tripwire': 'the verdict ready and a quiet tripwire',
  leftovers: 'legacy doing nothing for it any more',
};

function nextSection({ next, stage }) {
  if (next === undefined || stage === 'done') return undefined;
  if (next === null) return undefined;
  const to =
    next.percent === undefined || next.percent === null ? next.stage : `${next.stage} ${next.percent} %`;
  return section(
    'next',
    'Next move',
    h(
      'p',
      {},
      h('span', { class: `pill ${next.isOpen ? 'ready' : 'pending'}` }, next.isOpen ? '✓ open' : '… closed'),
      ` to ${to}`,
      next.gate === 'none' ? '' : ` · asks for ${gates[next.gate] ?? next.gate}`,
    ),
    list(next.reasons),
  );
}
