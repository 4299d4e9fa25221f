import type { Difference } from '../compare/comparison.ts';
import { mayDrift } from '../compare/noise.ts';
import { groupByOverlap } from '../compare/overlap.ts';
import { readSignature } from '../compare/signature.ts';
import { withoutCredentials } from '../core/secrets.ts';
import type { ReplayedPair } from './replay.ts';
import type { Example, ExampleDifference, Finding, SignatureFinding } from './report.ts';

/** Signatures that are told apart; sets of them, for grouping; examples in all, and of each signature. */
export const mostSignatures = 2000;
const mostSets = 4096;
export const mostExamples = 300;
const examplesEach = 3;
const mostStatuses = 8;

interface Counted {
  readonly signature: string;
  readonly method: string;
  readonly template: string;
  readonly first: ExampleDifference;
  distinct: number;
  readonly statuses: Set<string>;
  readonly examples: Example[];
}

/** What stands against the service, counted by signature, method and template. Bounded. */
export interface SignatureTally {
  /** A pair that ended badly. */
  add(pair: ReplayedPair): void;
  /** @param n requests that count. */
  findings(n: number): { findings: readonly Finding[]; examples: readonly Example[]; untold: number };
}

export function createSignatureTally(): SignatureTally {
  const counted: Counted[] = [];
  const positions = new Map<string, number>();
  const sets = new Map<string, { readonly members: readonly number[]; distinct: number }>();
  let examples = 0;
  let untold = 0;

  const positionOf = (shown: Shown, { request, template }: ReplayedPair): number | undefined => {
    const { method } = request;
    const key = `${method} ${template} ${shown.signature}`;
    const known = positions.get(key);
    if (known !== undefined) return known;
    if (counted.length >= mostSignatures) {
      untold++;
      return undefined;
    }
    const { signature, first } = shown;
    counted.push({
      ...{ signature, method, template, first },
      ...{ distinct: 0, statuses: new Set(), examples: [] },
    });
    positions.set(key, counted.length - 1);
    return counted.length - 1;
  };

  return {
    add(pair) {
      const members = shownBy(pair).flatMap(shown => positionOf(shown, pair) ?? []);
      const key = members.join();
      const set = sets.get(key);
      if (set !== undefined) set.distinct++;
      else if (sets.size < mostSets) sets.set(key, { members, distinct: 1 });
      let example: Example | undefined;
      for (const position of members) {
        const one = counted[position] as Counted;
        one.distinct++;
        if (one.statuses.size < mostStatuses) one.statuses.add(toStatuses(pair));
        if (one.examples.length >= examplesEach || examples >= mostExamples) continue;
        example ??= toExample(pair, `e${++examples}`);
        one.examples.push(example);
      }
    },
    findings(n) {
      const groups = groupByOverlap(counted.length, sets.values());
      const findings = [...Map.groupBy(counted, (_, at) => groups[at] ?? -1)]
        .map(([group, own]) => toFinding(group, own, n))
        .sort((a, b) => b.count - a.count || a.group - b.group);
      const shown = new Set(findings.flatMap(finding => finding.examples));
      const all = new Map(counted.flatMap(one => one.examples.map(each => [each.id, each] as const)));
      return { findings, examples: [...all.values()].filter(({ id }) => shown.has(id)), untold };
    },
  };
}

/** A signature of one pair with the first difference that has it. */
interface Shown {
  readonly signature: string;
  readonly first: ExampleDifference;
}

/** In the order of their texts: a set is the same whatever the order of its differences. */
function shownBy({ outcome, detail, comparison, statuses }: ReplayedPair): readonly Shown[] {
  if (outcome === 'service-failed') {
    const why = statuses.service === undefined ? (detail ?? 'no answer') : `status ${statuses.service}`;
    return [{ signature: `service-failed: ${why}`, first: { path: 'status', kind: 'failed' } }];
  }
  const shown = new Map<string, Shown>();
  for (const difference of comparison?.differences ?? [])
    if (difference.rule === undefined && !shown.has(difference.signature))
      shown.set(difference.signature, { signature: difference.signature, first: toShown(difference) });
  return [...shown.values()].sort((a, b) => (a.signature < b.signature ? -1 : 1));
}

const toShown = ({ path, kind, legacy, service, shapes }: Difference): ExampleDifference => ({
  ...{ path, kind },
  ...(legacy === undefined ? {} : { legacy }),
  ...(service === undefined ? {} : { service }),
  ...(shapes === undefined ? {} : { shapes }),
});

const toStatuses = ({ statuses }: ReplayedPair): string =>
  `${statuses.legacy ?? '-'}:${statuses.service ?? '-'}`;

function toExample(pair: ReplayedPair, id: string): Example {
  const { request, outcome, detail, comparison } = pair;
  return {
    ...{ id, method: request.method, target: withoutCredentials(request.target), outcome },
    ...(detail === undefined ? {} : { detail }),
    differences: (comparison?.differences ?? []).filter(({ rule }) => rule === undefined).map(toShown),
    isCut: comparison?.isCut ?? false,
    sides: pair.sides(),
  };
}

function toFinding(group: number, own: readonly Counted[], n: number): Finding {
  const sorted = own.toSorted((a, b) => b.distinct - a.distinct);
  const count = sorted[0]?.distinct ?? 0;
  const ids = [...new Set(sorted.flatMap(one => one.examples.map(({ id }) => id)))];
  return {
    ...{ group, count, share: n === 0 ? 0 : count / n },
    signatures: sorted.map(toSignatureFinding),
    examples: ids.slice(0, examplesEach),
  };
}

function toSignatureFinding({
  signature,
  method,
  template,
  first,
  distinct,
  statuses,
}: Counted): SignatureFinding {
  const { path: _, kind, ...values } = first;
  return {
    ...{ signature, method, template, path: readSignature(signature)?.shape ?? '', kind, state: 'open' },
    ...{ distinct, statuses: [...statuses].sort(), ...values, mayDrift: mayDrift(signature) },
  };
}
