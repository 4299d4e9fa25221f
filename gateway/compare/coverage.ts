/** What must have been seen before evidence counts (comparison.md §6), and what of it is missing. */
import type { SkipReason } from '../core/outcome.ts';
import { formatDuration } from '../core/units.ts';
import type { Epoch } from './epoch.ts';
import { toAmount, toPercent } from './figures.ts';
import type { EpochTally } from './tally.ts';

/** Skips that say nothing about the service: they were meant, or cannot be helped. */
const exempt: readonly string[] = [
  'sampled-out',
  'rate',
  'unsafe-method',
  'upgrade',
  'effects',
  'cookie',
  'would-refuse',
  'conditional',
] satisfies SkipReason[];

const maxSkipped = 0.05;
const maxLagged = 0.01;
/** Less of legacy's answers than that need not have been compared. */
const smallestClass = 0.01;

export interface Gathered {
  readonly epoch: Epoch;
  readonly tally: EpochTally;
  /** All epochs of the same part and rules: their time adds up. */
  readonly kin: readonly Epoch[];
  /** How long evidence must have been gathered, milliseconds. */
  readonly span: number;
  /** Skips of these kinds are somebody's word. */
  readonly unverified: readonly string[];
}

/** One line for each gate that does not hold. */
export function* missingCoverage(gathered: Gathered): Generator<string> {
  yield* missingSpan(gathered);
  yield* missingClasses(gathered);
  yield* tooManySkipped(gathered);
  const { lagged } = gathered.tally.counts;
  const { compared } = gathered.tally;
  if (lagged > compared * maxLagged)
    yield `lagged: ${toPercent(lagged / compared)} of ${toAmount(compared, 'compared request')} agreed only when asked once more, bound ${toPercent(maxLagged)}`;
}

function* missingSpan({ kin, span }: Gathered): Generator<string> {
  const gathered = spanOf(kin);
  if (gathered < span)
    yield `evidence of ${toSpan(gathered)} so far, ${formatDuration(span)} asked for (span)`;
}

/** Legacy's own failures, 5xx, are outside the rate, and so outside this. */
function* missingClasses({ epoch: { answers, answersCompared } }: Gathered): Generator<string> {
  const all = answers.reduce((sum, count) => sum + count, 0);
  for (let first = 1; first <= 4; first += 1) {
    const count = answers[first] ?? 0;
    if (count > 0 && count >= all * smallestClass && answersCompared[first] === 0)
      yield `${first}xx is ${toPercent(count / all)} of legacy's answers, and none was compared`;
  }
}

function* tooManySkipped({ epoch, tally, unverified }: Gathered): Generator<string> {
  const counting = Object.entries(epoch.skips)
    .filter(([reason]) => !exempt.includes(reason) && !unverified.includes(reason))
    .sort(([, a], [, b]) => b - a);
  const skipped = counting.reduce((sum, [, count]) => sum + count, 0);
  const all = skipped + tally.compared + tally.counts['legacy-failed'];
  if (skipped > all * maxSkipped)
    yield `skipped: ${toPercent(skipped / all)} of ${toAmount(all, 'request')}, most for ${counting[0]?.[0]}, bound ${toPercent(maxSkipped)}`;
}

/** Milliseconds from first to last comparison, over all epochs; those that overlap count once. */
export function spanOf(epochs: readonly Epoch[]): number {
  const times = epochs.flatMap(({ compared }) => compared ?? []).sort((a, b) => a.first - b.first);
  let sum = epochs.reduce((all, { earlier }) => all + earlier, 0);
  let end = Number.NEGATIVE_INFINITY;
  for (const { first, last } of times) {
    sum += Math.max(0, last - Math.max(first, end));
    end = Math.max(end, last);
  }
  return sum;
}

/** Whole minutes, or less: nobody waits for milliseconds here. */
function toSpan(ms: number): string {
  if (ms < 60_000) return `${Math.floor(ms / 1000)}s`;
  const minutes = Math.floor(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m` : `${hours}h${minutes % 60 === 0 ? '' : ` ${minutes % 60}m`}`;
}
