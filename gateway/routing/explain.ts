import { Refusal } from '../core/errors.ts';
import type { Decision } from '../core/exchange.ts';
import { type Stage, stages } from '../core/vocabulary.ts';
import type { CompiledRoutes } from './compile.ts';
import { type DecidedRequest, decide, isMethodOverridden, refusalOfNearMiss } from './decide.ts';
import { partsOf } from './pattern.ts';
import type { Asker, Hold, Match, MatchEntry, RequestFacts, Route } from './route.ts';
import { bucketOf, keyOf } from './split.ts';
import { valuesOf } from './template.ts';
import { type Candidate, refusalOf } from './trie.ts';

/** Why a request goes where it goes; plain data, for the command line and the admin port. */
export interface Explanation {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly outcome: Match['kind'];
  /** The route that the request is counted under. */
  readonly route: string;
  readonly stage: Stage;
  readonly owner: string;
  /** The match entry as written. */
  readonly entry: string | undefined;
  readonly params: readonly { readonly name: string; readonly value: string }[];
  /** Other entries whose host and path fit, and why they did not win. */
  readonly others: readonly Other[];
  readonly nearMiss: string | undefined;
  /** Ways of reading an odd target that are claimed. */
  readonly readings: readonly { readonly path: string; readonly route: string; readonly stage: Stage }[];
  readonly split: Split | undefined;
  readonly hold: string | undefined;
  readonly decision: Decision | undefined;
  /** Instead of a decision. */
  readonly refusal: { readonly code: string; readonly detail: string } | undefined;
}

interface Other {
  readonly route: string;
  readonly entry: string;
  readonly why: string;
}

interface Split {
  readonly cohort: string;
  readonly bucket: number;
  readonly threshold: number;
}

/** Others that are listed at most. */
const mostOthers = 10;

/** The same code that routes a request, telling its reasons. */
export function explain(
  compiled: CompiledRoutes,
  facts: RequestFacts,
  asker: Asker,
  hold: Hold | undefined,
): Explanation {
  const match = compiled.table.match(facts);
  const unclaimed = compiled.routes[0] as Route;
  const route = match.kind === 'unclaimed' ? unclaimed : match.route;
  const matched = match.kind === 'route' ? route.entries[match.entry] : undefined;
  return {
    method: facts.isPreflight === true ? 'OPTIONS' : facts.method,
    host: facts.host,
    target: facts.target.raw,
    outcome: match.kind,
    route: route.name,
    stage: route.stage,
    owner: route.owner,
    entry: matched?.text,
    params: matched !== undefined && match.kind === 'route' ? nameParams(matched, match.params) : [],
    others: othersOf(compiled, facts, match),
    nearMiss: match.kind === 'unclaimed' ? match.nearMiss?.name : undefined,
    readings: facts.target.isOdd
      ? compiled.table
          .oddReadings(facts)
          .map(({ path, route: { name, stage } }) => ({ path, route: name, stage }))
      : [],
    split: splitOf(route, asker),
    hold: hold?.reason,
    ...outcomeOf(match, route, facts, asker, hold, unclaimed),
  };
}

const nameParams = (entry: MatchEntry, params: readonly string[]): Explanation['params'] =>
  valuesOf(partsOf(entry.pattern)).map((name, at) => ({ name, value: params[at] ?? '' }));

function splitOf(route: Route, asker: Asker): Split | undefined {
  const { cohort } = route;
  if (route.stage !== 'canary' || cohort === undefined) return undefined;
  const bucket = bucketOf(cohort.name, keyOf(cohort.by, asker));
  return { cohort: cohort.name, bucket, threshold: cohort.threshold };
}

/** What the pipeline would do with the match. */
function outcomeOf(
  match: Match,
  route: Route,
  facts: RequestFacts,
  asker: Asker,
  hold: Hold | undefined,
  unclaimed: Route,
): Pick<Explanation, 'decision' | 'refusal'> {
  const { isPreflight = false, headers } = facts;
  const method = isPreflight ? 'OPTIONS' : facts.method;
  const request = { method, isOverridden: isMethodOverridden(headers), isPreflight };
  if (match.kind === 'unclaimed') return outcomeOfUnclaimed(match.nearMiss, request, unclaimed);
  if (match.kind === 'odd') return outcomeOfOdd(route, unclaimed);
  try {
    return { decision: decide(route, request, asker, hold), refusal: undefined };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { decision: undefined, refusal: { code: error.code, detail: error.message } };
  }
}

function outcomeOfUnclaimed(
  nearMiss: Route | undefined,
  request: DecidedRequest,
  unclaimed: Route,
): Pick<Explanation, 'decision' | 'refusal'> {
  const refusal = nearMiss && refusalOfNearMiss(nearMiss, request);
  return refusal === undefined
    ? { decision: unclaimed.decision, refusal: undefined }
    : { decision: undefined, refusal: { code: refusal.code, detail: refusal.message } };
}

/** Odd targets go to legacy as sent while their route is not past shadow. */
function outcomeOfOdd(route: Route, unclaimed: Route): Pick<Explanation, 'decision' | 'refusal'> {
  if (!isRefusedWhenOdd(route)) return { decision: unclaimed.decision, refusal: undefined };
  const detail = `the request target can be read as one of route ${route.name}`;
  return { decision: undefined, refusal: { code: 'bad-request-target', detail } };
}

/** From canary on an odd target that some reading makes the route's is refused. */
export const isRefusedWhenOdd = (route: Route): boolean =>
  stages.indexOf(route.stage) >= stages.indexOf('canary');

function othersOf({ table }: CompiledRoutes, facts: RequestFacts, match: Match): readonly Other[] {
  const others: Other[] = [];
  let winner: Candidate | undefined;
  for (const candidate of table.candidates(facts)) {
    if (others.length === mostOthers) break;
    const isWinner =
      match.kind === 'route' && candidate.route === match.route && candidate.entry === match.entry;
    if (isWinner) winner = candidate;
    else {
      const why = refusalOf(candidate, facts) ?? (winner ? whyLower(winner, candidate) : 'the target is odd');
      others.push({ route: candidate.route.name, entry: candidate.match.text, why });
    }
  }
  return others;
}

/** The rule of rank by which the winner beat one that fits as well. */
function whyLower(winner: Candidate, other: Candidate): string {
  if (winner.match.host !== other.match.host) return `a given host wins over any: ${winner.match.text}`;
  const parts = partsOf(winner.match.pattern);
  const theirs = partsOf(other.match.pattern);
  for (const [at, part] of parts.entries()) {
    const kind = theirs[at]?.kind;
    if (part.kind === kind || kind === undefined) continue;
    return `at segment ${at + 1} ${words[part.kind]} wins over ${words[kind]}: ${winner.match.text}`;
  }
  if (theirs.length > parts.length) return `the exact path wins over *: ${winner.match.text}`;
  if (winner.methods !== undefined && other.methods === undefined) {
    return `a given method wins over any: ${winner.match.text}`;
  }
  return `more header and query conditions win over fewer: ${winner.match.text}`;
}

const words = { literal: 'a literal', name: 'a name', rest: '*' } as const;
