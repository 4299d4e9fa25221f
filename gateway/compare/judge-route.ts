import { isBad, type Outcome, outcomes, type SkipReason } from '../core/outcome.ts';
import type { VerdictState } from '../core/vocabulary.ts';
import type { Epoch } from './epoch.ts';
import type { PartVerdict, RouteVerdict, VerdictSettings } from './evidence.ts';
import { toPercent } from './figures.ts';
import { judgePart, type Part } from './judge-part.ts';
import { epochsUnder, type RouteEvidence, versionOf } from './route-evidence.ts';
import { comparedOf, tallyOf } from './tally.ts';

/** A part with less of the route's requests decides nothing. */
const smallestShare = 0.01;

/** Skips that say that a method is not shadowed at all; and those that are named as themselves. */
const notShadowed: readonly SkipReason[] = ['unsafe-method', 'effects'];
const kinds: readonly SkipReason[] = ['upgrade', 'streaming'];

export function judgeRoute(route: RouteEvidence, settings: VerdictSettings): RouteVerdict {
  const epochs = epochsUnder(route, settings.rules);
  const named = settings.unverified ?? [];
  const parts = toParts(epochs);
  const isMarked = (signature: string): boolean => route.marks.has(signature);
  const verdicts = parts.map(part => judgePart(part, settings, isMarked));
  const unverified = unverifiedOf(epochs);
  const open = unverified.filter(each => !named.includes(each));
  const judged = toJudged(parts, named).flatMap(part => verdicts[parts.indexOf(part)] ?? []);
  const state =
    parts.length === 0 ? 'pending' : worstOf([...judged.map(each => each.state), ...open.map(toPending)]);
  const current = parts.flatMap(({ epoch }) => epoch ?? []);
  const counts = sumCounts(current.map(epoch => tallyOf(epoch, isMarked).counts));
  return {
    ...{ route: route.name, state, parts: verdicts, unverified },
    reasons:
      parts.length === 0 ? ['no request was seen under these rules yet'] : toReasons(judged, { open, named }),
    ...{ counts, skips: sumSkips(current), matchRate: matchRateOf(counts) },
  };
}

function toParts(epochs: readonly Epoch[]): readonly Part[] {
  const version = epochs.length === 0 ? undefined : versionOf(epochs);
  const all = requestsOf(epochs);
  const byPart = Map.groupBy(epochs, ({ key }) => `${key.entry} ${key.method}`);
  return [...byPart.values()]
    .flatMap(kin => {
      const [first] = kin;
      if (first === undefined) return [];
      const { method, entry } = first.key;
      const epoch = kin.find(({ key }) => key.version === version);
      return [{ method, entry, kin, epoch, share: requestsOf(kin) / all }];
    })
    .sort((a, b) => b.share - a.share || a.entry - b.entry || (a.method < b.method ? -1 : 1));
}

/** Parts that decide. Where none has 1 % of the requests, all do. */
function toJudged(parts: readonly Part[], named: readonly string[]): readonly Part[] {
  const left = parts.filter(({ method }) => !named.includes(method));
  const big = left.filter(part => weightOf(part) >= smallestShare);
  const small = left.filter(part => weightOf(part) > 0);
  return parts.some(({ share }) => share >= smallestShare) ? big : small;
}

/** Share of the route's requests that are this part's to verify: upgrades and streams are named as themselves. */
function weightOf({ kin, share }: Part): number {
  const all = requestsOf(kin);
  const others = kinds.reduce((sum, kind) => sum + skippedOf(kin, [kind]), 0);
  return all === 0 ? 0 : (share * (all - others)) / all;
}

/** What somebody must answer for: it carries 1 % or more of the requests, and cannot be compared. */
function unverifiedOf(epochs: readonly Epoch[]): readonly string[] {
  const all = requestsOf(epochs);
  const isMuch = (count: number): boolean => count > 0 && count >= all * smallestShare;
  const methods = [...Map.groupBy(epochs, ({ key }) => key.method)]
    .filter(([, own]) => own.every(({ compared }) => compared === undefined))
    .filter(([, own]) => isMuch(skippedOf(own, notShadowed)));
  return [
    ...methods.map(([method]) => method).sort(),
    ...kinds.filter(kind => isMuch(skippedOf(epochs, [kind]))),
  ];
}

const severity: readonly VerdictState[] = ['ready', 'pending', 'blocked'];

/** Where nothing is left to judge, the reason that somebody gave suffices. */
const worstOf = (states: readonly VerdictState[]): VerdictState =>
  severity[Math.max(0, ...states.map(state => severity.indexOf(state)))] ?? 'pending';

const toPending = (): VerdictState => 'pending';

interface Unverified {
  readonly open: readonly string[];
  readonly named: readonly string[];
}

/** `GET ready; POST unverified`, then what stands against it or is missing, part by part. */
function toReasons(judged: readonly PartVerdict[], { open, named }: Unverified): readonly string[] {
  const shadowed = judged.filter(({ method }) => !open.includes(method));
  const methods = [...Map.groupBy(shadowed, ({ method }) => method)].map(
    ([method, own]) => `${method} ${worstOf(own.map(({ state }) => state))}`,
  );
  const summary = [
    ...methods,
    ...open.map(each => `${each} unverified`),
    ...named.map(each => `${each} left out`),
  ];
  const details = [...shadowed]
    .sort((a, b) => severity.indexOf(b.state) - severity.indexOf(a.state))
    .flatMap(({ method, entry, share, reasons }) =>
      reasons.map(reason => `${method}, match entry ${entry + 1} (${toPercent(share)}): ${reason}`),
    );
  const asked = open.map(
    each => `${each} cannot be shadowed: name it with --unverified ${each} and a reason`,
  );
  return [summary.join('; '), ...details, ...asked];
}

/** Tallied with its repeated requests: what the sets of an epoch hold is part of its requests too. */
function requestsOf(epochs: readonly Epoch[]): number {
  let sum = 0;
  for (const { counts, sets } of epochs) {
    for (const outcome of outcomes) sum += counts[outcome];
    for (const set of sets.values()) sum += set.seen;
  }
  return sum;
}

const skippedOf = (epochs: readonly Epoch[], reasons: readonly SkipReason[]): number =>
  epochs.reduce((sum, { skips }) => sum + reasons.reduce((own, reason) => own + (skips[reason] ?? 0), 0), 0);

const sumCounts = (all: readonly Readonly<Record<Outcome, number>>[]): Record<Outcome, number> =>
  Object.fromEntries(
    outcomes.map(outcome => [outcome, all.reduce((sum, counts) => sum + counts[outcome], 0)]),
  ) as Record<Outcome, number>;

function sumSkips(epochs: readonly Epoch[]): Partial<Record<SkipReason, number>> {
  const sum: Partial<Record<SkipReason, number>> = {};
  for (const { skips } of epochs)
    for (const [reason, count] of Object.entries(skips) as [SkipReason, number][])
      sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}

function matchRateOf(counts: Readonly<Record<Outcome, number>>): number | undefined {
  const n = comparedOf(counts);
  const bad = outcomes.filter(isBad).reduce((sum, outcome) => sum + counts[outcome], 0);
  return n === 0 ? undefined : 1 - bad / n;
}
