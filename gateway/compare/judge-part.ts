import { missingCoverage } from './coverage.ts';
import { enough, fewestBelow, logAbove } from './e-process.ts';
import type { Epoch } from './epoch.ts';
import type { PartVerdict, VerdictSettings } from './evidence.ts';
import { toAmount, toCount, toPercent, toWait } from './figures.ts';
import { toLatency } from './latency.ts';
import type { SignatureCount } from './signature-counts.ts';
import { type EpochTally, type IsMarked, tallyOf } from './tally.ts';

/** One method and match entry of a route. */
export interface Part {
  readonly method: string;
  readonly entry: number;
  /** Under the present rules, of whatever version. */
  readonly kin: readonly Epoch[];
  /** Of the version that is judged; undefined: that version has not been heard here yet. */
  readonly epoch: Epoch | undefined;
  /** Of the route's requests, 0 to 1. */
  readonly share: number;
}

/** An unknown signature stands in the way from so many distinct requests on. */
const fewestUnknown = 3;
const mostNamed = 5;
/** A wait that is too long to be called waiting, and the repetition that makes a route one of few requests. */
const longWait = 7 * 24 * 3_600_000;
const manyRepeats = { compared: 50, ofOne: 5 };

/** `blocked` where something surely stands against it; `ready` where nothing does and nothing is missing. */
export function judgePart(part: Part, settings: VerdictSettings, isMarked: IsMarked): PartVerdict {
  const { method, entry, share, epoch } = part;
  if (epoch === undefined)
    return {
      ...{ method, entry, share, state: 'pending', n: 0, bad: 0, latency: undefined },
      more: fewestBelow(0, settings.maxMismatch / 100),
      reasons: ['nothing of the present version of the service was compared yet'],
    };
  const tally = tallyOf(epoch, isMarked);
  const judged: Judged = { part, epoch, tally, settings, bound: settings.maxMismatch / 100 };
  const against = [...standsAgainst(judged)];
  const missing = [...isMissing(judged)];
  const needed = fewestBelow(tally.bad, judged.bound);
  const latency = toLatency(epoch.times);
  const slower =
    latency?.state === 'slower'
      ? [
          `slower: ${toCount(latency.slow)} of ${toAmount(latency.pairs, 'pair')} took over legacy · 1.25 + 25 ms`,
        ]
      : [];
  return {
    ...{ method, entry, share, n: tally.n, bad: tally.bad, latency },
    state: against.length > 0 ? 'blocked' : missing.length > 0 ? 'pending' : 'ready',
    more: needed === undefined ? undefined : Math.max(0, needed - tally.n),
    reasons: [...against, ...missing, ...slower],
  };
}

interface Judged {
  readonly part: Part;
  readonly epoch: Epoch;
  readonly tally: EpochTally;
  readonly settings: VerdictSettings;
  /** `maxMismatch`, 0 to 1. */
  readonly bound: number;
}

function* standsAgainst({ tally, bound }: Judged): Generator<string> {
  yield* naming(tally.real, toReal);
  const { confirmed, n } = tally;
  if (logAbove({ bad: confirmed, n, bound }) >= enough)
    yield `${toPercent(confirmed / n)} of ${toAmount(n, 'distinct request')} surely bad, bound ${toPercent(bound)}`;
}

function* isMissing(judged: Judged): Generator<string> {
  const { part, epoch, tally, settings } = judged;
  const standing = tally.unknown.filter(signature => signature.distinct >= fewestUnknown);
  yield* naming(standing, toUnknown);
  if (tally.compared === 0) yield notCompared(part, epoch);
  yield* missingRequests(judged);
  const { span, unverified = [] } = settings;
  yield* missingCoverage({ epoch, tally, kin: part.kin, span, unverified });
}

function* missingRequests({ epoch, tally, bound }: Judged): Generator<string> {
  const { n, bad, compared } = tally;
  const needed = fewestBelow(bad, bound);
  if (needed === undefined) {
    yield `no number of requests shows ${toPercent(bound)}: maxMismatch must be above it`;
    return;
  }
  if (n >= needed) return;
  const wait = waitFor(needed - n, epoch);
  const atRate = wait === undefined ? '' : `, ${toWait(wait)} at this rate`;
  const so = bad === 0 ? '' : ` (${toCount(bad)} bad of ${toCount(n)} so far)`;
  yield `${toCount(needed - n)} more distinct ${needed - n === 1 ? 'request' : 'requests'}${atRate}${so}`;
  const isRepeated = compared >= manyRepeats.compared && compared >= manyRepeats.ofOne * n;
  if (isRepeated || (wait !== undefined && wait > longWait))
    yield `few distinct requests: ${toCount(n)} of ${toCount(compared)} compared; a looser maxMismatch, a shorter distinctFor or a replay would help`;
}

/** Milliseconds until so many distinct requests have come, if they come as the last ones did. */
function waitFor(more: number, { recent, last }: Epoch): number | undefined {
  const [first] = recent;
  if (first === undefined || recent.length < 2 || last <= first) return undefined;
  return (more * (last - first)) / (recent.length - 1);
}

function notCompared({ method }: Part, { skips }: Epoch): string {
  const [most] = Object.entries(skips).sort(([, a], [, b]) => b - a);
  const why = most === undefined ? '' : `; most are skipped: ${most[0]}`;
  return `no ${method} request was compared yet${why}`;
}

function* naming(
  signatures: readonly SignatureCount[],
  say: (signature: SignatureCount) => string,
): Generator<string> {
  for (const signature of signatures.slice(0, mostNamed)) yield say(signature);
  const more = signatures.length - mostNamed;
  if (more > 0) yield `and ${toAmount(more, 'signature')} more`;
}

const toReal = ({ text, distinct, b, c }: SignatureCount): string =>
  `real: ${text}, ${toAmount(distinct, 'distinct request')}; asked again, only the service differs (b ${b}, c ${c})`;

const toUnknown = ({ text, distinct, b, c }: SignatureCount): string =>
  `unknown: ${text}, ${toAmount(distinct, 'distinct request')}; neither real nor noise yet (b ${b}, c ${c})`;
