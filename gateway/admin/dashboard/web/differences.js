import { h } from './dom.js';
import { count, counted, percent, time } from './format.js';
import { button, empty, pill, section } from './parts.js';
import { mayMove } from './rights.js';

const stateKinds = { open: 'blocked', noise: 'dim-pill', excused: 'ready', 'legacy-bug': 'warn' };

/** What differs, by signature, most frequent first; signatures of one finding stand together. */
export function differencesSection(view, answer, context) {
  if (answer === undefined) return undefined;
  const { differences } = answer;
  return section(
    'differences',
    differences.length === 0 ? 'Differences' : `Differences (${differences.length})`,
    differences.length === 0
      ? empty('None seen.')
      : h(
          'div',
          { class: 'findings' },
          groupsOf(differences).map(group => finding(group, view, context)),
        ),
  );
}

function groupsOf(differences) {
  const groups = new Map();
  for (const one of differences) {
    const key = one.group ?? one.signature;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

const finding = (group, view, context) =>
  h(
    'div',
    { class: group.length > 1 ? 'finding together' : 'finding', 'data-key': `finding ${group[0].signature}` },
    group.length > 1
      ? h('p', { class: 'dim' }, `One finding: ${group.length} differences in the same requests`)
      : undefined,
    group.map(one => difference(one, view, context)),
  );

function difference(one, view, context) {
  const { signature, path, kind, method, entry, state, note } = one;
  return h(
    'article',
    { class: 'difference', 'data-key': signature },
    h(
      'p',
      { class: 'what' },
      pill(stateKinds[state] ?? 'warn', state),
      ' ',
      h('code', { class: 'path' }, path),
      ' ',
      h('span', { class: 'kind' }, kind),
      ' ',
      h(
        'span',
        { class: 'dim' },
        `in ${String(entry).startsWith(`${method} `) ? entry : `${method} ${entry}`}`,
      ),
    ),
    h(
      'p',
      { class: 'dim' },
      `${counted(one.count, 'time')}, ${counted(one.distinct, 'distinct request')}`,
      one.share === undefined ? '' : ` (${percent(one.share, 2)})`,
      ` · b ${count(one.b)} / c ${count(one.c)}, `,
      h('span', {}, findingWords[one.finding] ?? one.finding),
      ` · statuses ${one.statuses.join(', ')} · `,
      time(one.firstSeen),
      ' to ',
      time(one.lastSeen),
    ),
    note ? h('p', {}, note) : undefined,
    h(
      'p',
      { class: 'buttons small' },
      h(
        'a',
        {
          class: 'button',
          href: `#/routes/${encodeURIComponent(view.route)}/comparisons?signature=${encodeURIComponent(signature)}`,
        },
        'Open comparisons',
        h('span', { class: 'unseen' }, ` with ${path} ${kind}`),
      ),
      markButton(one, view, context),
    ),
  );
}

const findingWords = {
  real: 'real: legacy asked twice agrees with itself',
  noise: 'noise: legacy asked twice differs from itself',
  unknown: 'not settled yet',
};

function markButton({ signature, path, state }, { route }, { session }) {
  if (!mayMove(session, route)) return undefined;
  const isMarked = state === 'legacy-bug';
  if (!isMarked && state !== 'open') return undefined;
  return button(
    isMarked ? 'mark-open' : 'mark-bug',
    isMarked ? 'It counts again …' : 'Legacy is wrong here …',
    { signature, path },
  );
}
