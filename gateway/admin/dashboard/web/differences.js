import { h } from './dom.js';
import { count, counted, percent, prose, time } from './format.js';
import { button, empty, pill, section } from './parts.js';
import { mayMove } from './rights.js';

const stateKinds = { open: 'blocked', noise: 'dim-pill', excused: 'ready', 'legacy-bug': 'warn' };

/** What counts against the service stands open, most frequent first; what does not is folded away. */
export function differencesSection(view, answer, context) {
  if (answer === undefined) return undefined;
  const { differences } = answer;
  const of = (...states) => differences.filter(({ state }) => states.includes(state));
  const settled = ['noise', 'excused', 'legacy-bug'];
  const open = differences.filter(({ state }) => !settled.includes(state));
  return section(
    'differences',
    open.length === 0 ? 'Differences' : `Differences (${open.length} open)`,
    differences.length === 0
      ? empty('None seen.')
      : open.length === 0
        ? empty('None is open.')
        : findings(open, view, context),
    folded('legacy-bug', 'where legacy is wrong', of('legacy-bug'), view, context),
    folded('noise', 'that legacy shows against itself', of('noise'), view, context),
    folded('excused', 'that rules excuse', of('excused'), view, context),
  );
}

const folded = (key, what, some, view, context) =>
  some.length === 0
    ? undefined
    : h(
        'details',
        { 'data-key': `folded ${key}` },
        h('summary', {}, `${some.length} ${what}`),
        findings(some, view, context),
      );

/** Signatures of one finding stand together. */
const findings = (some, view, context) =>
  h(
    'div',
    { class: 'findings' },
    groupsOf(some).map(group => finding(group, view, context)),
  );

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
      counted(one.count, 'time'),
      one.distinct > 0 ? `, in ${counted(one.distinct, 'distinct request')}` : '',
      one.share === undefined ? '' : ` (${percent(one.share, 2)})`,
      one.statuses.length > 0 ? ` · status ${one.statuses.join(', ')}` : '',
      ' · first ',
      time(one.firstSeen),
      ', last ',
      time(one.lastSeen),
    ),
    kind === 'rule' ? undefined : h('p', { class: 'dim' }, settledBy(one)),
    note && note !== path ? h('p', {}, prose(note)) : undefined,
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
  real: 'Real: legacy agrees with itself.',
  noise: 'Noise: legacy differs from itself.',
  unknown: 'Not settled yet whether it is real or noise.',
};

/** b and c of docs/verdict.md, in words. */
const settledBy = ({ finding, b, c }) =>
  `${findingWords[finding] ?? finding} Of the times that legacy was asked again, the service alone differed ${count(b)}, legacy alone ${count(c)}.`;

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
