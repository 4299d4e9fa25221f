import { h } from './dom.js';
import { count, none, percent } from './format.js';
import { partName } from './next-section.js';
import { empty, section, sentences, table, verdictPill } from './parts.js';

/** What the evidence says, by method and match entry, with the comparisons behind it. */
export function verdictSection({ verdict, stage }) {
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
    verdict.parts.length === 0 ? sentences(verdict.reasons) : undefined,
    table({
      label: 'Verdict by method and match entry',
      rows: verdict.parts,
      keyOf: part => `${part.method} ${part.entry}`,
      columns: [
        { name: 'part', isHead: true, cell: part => h('code', {}, partName(part)) },
        { name: 'verdict', cell: part => verdictPill(part.state) },
        { name: 'distinct requests', isNumber: true, cell: part => count(part.n) },
        { name: 'bad', isNumber: true, cell: part => count(part.bad) },
        { name: 'share of the route', isNumber: true, cell: part => percent(part.share) },
        { name: 'why', className: 'wrap', cell: part => sentences(part.reasons) ?? none },
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

const reasonOf = ({ matchRate }) =>
  matchRate === undefined || matchRate === null ? '' : `match rate ${percent(matchRate, 2)}`;

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
