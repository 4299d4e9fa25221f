import type { Epoch } from './epoch.ts';
import type { SignatureState, SignatureView } from './evidence.ts';
import { toCount } from './figures.ts';
import { groupByOverlap } from './overlap.ts';
import { epochsUnder, type RouteEvidence, versionOf } from './route-evidence.ts';
import { readSignature } from './signature.ts';
import type { SignatureCount } from './signature-counts.ts';
import { type EpochTally, tallyOf } from './tally.ts';

/** All that differs on a route at present, with what it is and what it hides. */
export function viewSignatures(route: RouteEvidence): readonly SignatureView[] {
  const epochs = epochsUnder(route, undefined);
  const version = epochs.length === 0 ? undefined : versionOf(epochs);
  let groups = 0;
  return epochs
    .filter(epoch => epoch.key.version === version)
    .flatMap(epoch => {
      const tally = tallyOf(epoch, signature => route.marks.has(signature));
      const views = [...viewEpoch(route, epoch, tally), ...viewExcuses(epoch, tally)];
      const grouped = views.map(view => ({ ...view, group: groups + view.group }));
      groups += views.length;
      return grouped;
    })
    .sort((a, b) => b.count - a.count);
}

/** Groups are numbered from 0 within the epoch, below the number of its views. */
function viewEpoch(route: RouteEvidence, epoch: Epoch, tally: EpochTally): readonly SignatureView[] {
  const shown = epoch.signatures.flatMap(({ count }, position) => (count > 0 ? [position] : []));
  const places = new Map(shown.map((position, place) => [position, place]));
  const sets = [...epoch.sets.values()].map(({ members, distinct }) => ({
    members: members.flatMap(position => places.get(position) ?? []),
    distinct,
  }));
  const groups = groupByOverlap(shown.length, sets);
  return shown
    .map(position => epoch.signatures[position] as SignatureCount)
    .map((signature, place) => {
      const { text, finding, count, distinct, b, c, firstSeen, lastSeen, statuses, sample, newest } =
        signature;
      const said = readSignature(text);
      const examples = [...new Set([...sample, newest])].filter(id => id !== '');
      return {
        ...{ signature: text, path: said?.shape ?? text, kind: said?.kind ?? '' },
        ...{ method: epoch.key.method, entry: epoch.key.entry, state: stateOf(route, signature), finding },
        ...{ count, distinct, b, c, firstSeen, lastSeen, statuses, examples },
        note: noteOn(route, signature, tally),
        ...{ share: shareOf(distinct, tally.n), group: groups[place] ?? place },
      };
    });
}

function stateOf(route: RouteEvidence, { text, finding }: SignatureCount): SignatureState {
  if (route.marks.has(text)) return 'legacy-bug';
  return finding === 'noise' ? 'noise' : 'open';
}

function noteOn(
  route: RouteEvidence,
  { text, finding, count, again }: SignatureCount,
  tally: EpochTally,
): string {
  const mark = route.marks.get(text);
  if (mark !== undefined) return `${mark.reason} (${mark.by})`;
  if (finding !== 'noise') return '';
  const said = readSignature(text);
  return `hides any change from one ${said?.legacy ?? 'value'} to another here: in ${toCount(count)} of ${toCount(tally.compared)} compared requests; legacy differed from itself ${toCount(again)} times`;
}

/** A rule that excused something stands under its own name, each a group of its own behind those of the signatures. */
const viewExcuses = (epoch: Epoch, { compared }: EpochTally): readonly SignatureView[] => {
  const before = epoch.signatures.filter(({ count }) => count > 0).length;
  return [...epoch.excuses].map(([rule, { count, firstSeen, lastSeen }], at) => ({
    ...{ signature: rule, path: rule, kind: 'rule', method: epoch.key.method, entry: epoch.key.entry },
    ...{ state: 'excused', finding: 'unknown', count, distinct: 0, b: 0, c: 0, firstSeen, lastSeen },
    ...{ statuses: [], examples: [], note: rule, share: shareOf(count, compared), group: before + at },
  }));
};

const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
