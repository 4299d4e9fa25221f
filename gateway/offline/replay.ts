import type { AnswerPair, Comparison } from '../compare/comparison.ts';
import { type Heard, judgePair as judgeHeard } from '../compare/heard.ts';
import { judgePair } from '../compare/judge.ts';
import { toKeptAnswer, toKeptDifference } from '../compare/keep.ts';
import type { KeptAnswer } from '../compare/kept.ts';
import type { CompiledRules } from '../compare/rules.ts';
import type { CompareConfig } from '../compare/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Outcome, SkipReason } from '../core/outcome.ts';
import type { Rate } from '../core/units.ts';
import type { Side } from '../core/vocabulary.ts';
import { toComparedFields } from '../proxy/compared-head.ts';
import type { Rewrite } from '../proxy/rewrite.ts';
import type { Asked, Asker } from './asking.ts';
import { isDenied, type Selected } from './selection.ts';

/** One request asked of both sides, and what came of it. */
export interface ReplayedPair extends Selected {
  readonly outcome: Outcome;
  readonly skip?: SkipReason | undefined;
  readonly detail?: string | undefined;
  readonly comparison?: Comparison | undefined;
  readonly statuses: Readonly<Partial<Record<Side, number>>>;
  /** Milliseconds to the whole answer. */
  readonly ms: Readonly<Partial<Record<Side, number>>>;
  /** What may be kept of both answers; asked for where there is something to show. */
  sides(): Readonly<Partial<Record<Side, KeptAnswer>>>;
}

export interface ReplayOrder {
  readonly requests: readonly Selected[];
  readonly askers: Readonly<Record<Side, Asker>>;
  readonly judging: Judging;
  readonly concurrency: number;
  /** Undefined: as fast as `concurrency` lets it. */
  readonly rate: Rate | undefined;
  /** From 0 up to 1: by it the side is chosen that is asked first. */
  readonly chance: () => number;
  readonly onPair: (pair: ReplayedPair) => void;
}

export interface Judging {
  readonly rules: CompiledRules;
  readonly keep: CompareConfig['keep'];
  /** Turns paths into the service's, and back. */
  readonly rewrite: Rewrite | undefined;
}

/** A side that cannot be reached: nothing that the other one says means anything then. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  readonly side: Side;

  constructor(side: Side, origin: string, detail: string) {
    super(`${side} at ${origin} cannot be reached: ${detail}`);
    this.side = side;
  }
}

/** A side that has answered before is given up after so many requests in a row that did not reach it. */
const mostUnreached = 10;

/** Asks both sides for every request. Rejects with `Unreachable`; a failure of a single request is data. */
export async function replay(order: ReplayOrder, clock: Clock): Promise<void> {
  const { requests, concurrency, rate } = order;
  const reach = { legacy: createReach(order.askers.legacy), service: createReach(order.askers.service) };
  const gap = rate === undefined ? 0 : rate.window / rate.requests;
  const startedAt = clock.now();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < requests.length) {
      const at = next++;
      const wait = startedAt + at * gap - clock.now();
      if (wait > 0) await new Promise<void>(resolve => void setTimeout(resolve, wait));
      const selected = requests[at] as Selected;
      const [legacy, service] = await askBoth(selected, order);
      reach.legacy(legacy);
      reach.service(service);
      order.onPair(judge(selected, { legacy: legacy.heard, service: service.heard }, order));
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, requests.length) }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    next = requests.length;
    await Promise.allSettled(workers);
    throw error;
  }
}

/** Hears how each request reached a side; throws once it is plain that it cannot be reached. */
function createReach({ side, origin }: Asker): (asked: Asked) => void {
  let hasAnswered = false;
  let unreached = 0;
  return ({ heard, isUnreachable }) => {
    unreached = isUnreachable ? unreached + 1 : 0;
    hasAnswered ||= !isUnreachable;
    if (heard.kind === 'failed' && isUnreachable && (!hasAnswered || unreached >= mostUnreached))
      throw new Unreachable(side, origin, heard.detail);
  };
}

/** Both at once; which of them a moment earlier is left to chance. */
async function askBoth(
  { request, entry, params }: Selected,
  { askers, judging, chance }: ReplayOrder,
): Promise<[Asked, Asked]> {
  const mark = request.target.indexOf('?');
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  const rewritten = judging.rewrite?.forward(entry, params, path) ?? path;
  const ask = {
    legacy: () => askers.legacy.ask(request, request.target),
    service: () => askers.service.ask(request, rewritten + request.target.slice(path.length)),
  };
  if (chance() < 0.5) {
    const legacy = ask.legacy();
    return Promise.all([legacy, ask.service()]);
  }
  const service = ask.service();
  return Promise.all([ask.legacy(), service]);
}

type BothHeard = Readonly<Record<Side, Heard>>;

function judge(selected: Selected, heard: BothHeard, { judging }: ReplayOrder): ReplayedPair {
  const { legacy, service } = heard;
  const base = {
    ...selected,
    statuses: { ...statusOf('legacy', legacy), ...statusOf('service', service) },
    ms: { ...msOf('legacy', legacy), ...msOf('service', service) },
    sides: () => ({
      ...keptOf('legacy', legacy, selected, judging),
      ...keptOf('service', service, selected, judging),
    }),
  };
  const { request } = selected;
  const areDenied = isHeardDenied(legacy) && isHeardDenied(service);
  if (areDenied && !isDenied(request)) return { ...base, outcome: 'skipped', skip: 'unauthenticated' };
  const found = judgeHeard(legacy, service);
  if (found.kind === 'ended')
    return { ...base, outcome: found.outcome, skip: found.skip, detail: found.detail };
  const pair: AnswerPair = {
    method: request.method,
    legacy: toAnswer('legacy', legacy, judging),
    service: toAnswer('service', service, judging),
  };
  const { outcome, skip, comparison } = judgePair(pair, judging.rules);
  return { ...base, outcome, skip, comparison: comparison && toKept(comparison, judging) };
}

const toKept = (comparison: Comparison, { keep }: Judging): Comparison => ({
  ...comparison,
  differences: comparison.differences.map(difference => toKeptDifference(difference, keep)),
});

const isHeardDenied = (heard: Heard): boolean => heard.kind === 'answered' && isDenied(heard);

const statusOf = (side: Side, heard: Heard): Partial<Record<Side, number>> =>
  heard.kind === 'answered' ? { [side]: heard.status } : {};

const msOf = (side: Side, heard: Heard): Partial<Record<Side, number>> =>
  heard.kind === 'answered' && heard.ms !== undefined ? { [side]: heard.ms } : {};

/** As a client would see it: a path under a rewrite is mapped back. Own addresses are the rules' to know. */
function toAnswer(side: Side, heard: Heard, { rewrite }: Judging): AnswerPair['legacy'] {
  if (heard.kind !== 'answered') throw new TypeError('only what has answered is compared');
  const address = {
    ...{ upstream: heard.origin, client: heard.origin },
    rewrite: side === 'service' ? rewrite : undefined,
  };
  const fields = toComparedFields(heard.fields, address, { ownsCors: false });
  return { status: heard.status, fields, body: Buffer.concat(heard.body.chunks), digest: heard.body.digest };
}

function keptOf(
  side: Side,
  heard: Heard,
  { request }: Selected,
  judging: Judging,
): Partial<Record<Side, KeptAnswer>> {
  if (heard.kind !== 'answered') return {};
  const seen = { method: request.method, ms: heard.ms ?? 0 };
  return { [side]: toKeptAnswer(toAnswer(side, heard, judging), seen, judging.rules, judging.keep) };
}
