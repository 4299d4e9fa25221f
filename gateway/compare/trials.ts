import type { Exchange } from '../core/exchange.ts';
import { fieldValue } from '../core/headers.ts';
import type { Outcome, SkipReason } from '../core/outcome.ts';
import { withoutCredentials } from '../core/secrets.ts';
import type { Side } from '../core/vocabulary.ts';
import type { Trial } from './evidence.ts';
import type { KeptComparison } from './kept.ts';
import type { Answered, Pair, Pairing } from './pairing.ts';
import { clientOf, fingerprintOf, whoOf } from './request-hash.ts';
import type { Shadowing } from './shadowing.ts';
import type { Alike } from './uncompared.ts';
import type { PairResult } from './worker-messages.ts';

/** How a request on a shadowed route has ended, with what is known of both answers. */
export interface Ending {
  readonly outcome: Outcome;
  readonly skip?: SkipReason | undefined;
  /** What went wrong, for people. */
  readonly detail?: string | undefined;
  /** Where both were compared. */
  readonly result?: PairResult | undefined;
  /** The service's version, as its answer says it; empty where it does not. */
  readonly version: string;
  /** Of legacy's answer; 0 for none. */
  readonly status: number;
  /** Milliseconds to the whole answer, where they say something about the side. */
  readonly ms: Readonly<Partial<Record<Side, number>>>;
  /** Of a body that the request had. */
  readonly upload?: Uint8Array | undefined;
  /** What is kept of answers that were not compared. */
  readonly sides?: KeptComparison['sides'] | undefined;
}

/** How a pair ended, with what both sides said of it. */
export function toEnding(pairing: Pairing, pair: Pair, result: PairResult | undefined): Ending {
  const heard = pair.kind === 'comparable' ? pair : pairing.heard;
  const { legacy, service } = heard;
  const isTimed = pair.kind === 'comparable' && pairing.isTimed;
  return {
    ...(pair.kind === 'ended' ? { outcome: pair.outcome, skip: pair.skip } : compared(result)),
    detail: pair.kind === 'ended' ? pair.detail : undefined,
    result,
    version: service === undefined ? '' : versionIn(service.fields),
    status: pairing.legacyStatus,
    ms: isTimed ? { ...msOf('legacy', legacy), ...msOf('service', service) } : {},
    upload: pairing.upload.length === 0 ? undefined : Buffer.concat(pairing.upload),
    sides: { ...bare('legacy', legacy), ...bare('service', service) },
  };
}

/** By the rules alone: whether what is left is noise is for evidence to say, which knows more than one pair. */
function compared(result: PairResult | undefined): Pick<Ending, 'outcome' | 'skip'> {
  if (result === undefined) return { outcome: 'skipped', skip: 'worker' };
  if (result.outcome === 'skipped') return { outcome: 'skipped', skip: 'too-large' };
  return { outcome: result.outcome === 'noise' ? 'mismatch' : result.outcome };
}

const msOf = (side: Side, answered: Answered | undefined): Partial<Record<Side, number>> =>
  answered?.ms === undefined ? {} : { [side]: answered.ms };

const bare = (side: Side, answered: Answered | undefined): KeptComparison['sides'] =>
  answered === undefined
    ? {}
    : { [side]: { status: answered.status, ms: Math.round(answered.ms ?? 0), bytes: answered.body.bytes } };

/** Answer fields by which a service tells its version, in order of preference. */
const versionFields = ['x-service-version', 'x-app-version'];
const longestVersion = 64;

/** What the service says its version is; empty if it does not say, or nothing that could be one. */
export function versionIn(fields: readonly string[]): string {
  for (const name of versionFields) {
    const value = fieldValue(fields, name)?.trim();
    if (value !== undefined && /^[\x21-\x7e]+$/.test(value)) return value.slice(0, longestVersion);
  }
  return '';
}

/** HEAD counts as GET. */
export const countedMethod = (method: string): string => (method === 'HEAD' ? 'GET' : method);

/** Requests of which no copy was sent, as evidence: they are counted, and legacy's status with them. */
export function toUncompared({ shadowing, count, ...alike }: Alike, { at, rules }: Moment): Trial {
  const { method, entry, skip, status } = alike;
  const key = { route: shadowing.route.name, method: countedMethod(method), entry, rules, version: '' };
  return { ...onlyCounted, ...{ key, at, skip, count, status, ms: {} } };
}

interface Moment {
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** Hash of the rules that hold then. */
  readonly rules: string;
}

/** What has been seen, as evidence. A skipped request is counted, and no more than that is asked of it. */
export function toTrial(
  exchange: Exchange,
  { route }: Shadowing,
  ending: Ending,
  { at, rules }: Moment,
): Trial {
  const { result, outcome, skip, status, ms, version } = ending;
  const key = {
    route: route.name,
    method: countedMethod(exchange.method),
    entry: exchange.entry,
    rules,
    version,
  };
  if (result === undefined && outcome === 'skipped')
    return { ...onlyCounted, ...{ key, at, skip, status, ms } };
  const { fingerprint, client } = result ?? identify(exchange, ending.upload);
  const differences = result?.differences ?? [];
  const isMismatch = outcome === 'mismatch' || outcome === 'noise';
  return {
    ...{ key, at, fingerprint, client, outcome, skip, status, ms },
    signatures: isMismatch ? distinct(differences.map(({ signature }) => signature)) : none,
    isCut: result?.isCut,
    rules: outcome === 'excused' ? distinct(differences.flatMap(({ rule }) => rule ?? [])) : none,
    again: result?.again,
  };
}

const none: readonly string[] = [];
const onlyCounted = {
  outcome: 'skipped',
  fingerprint: '',
  client: '',
  signatures: none,
  rules: none,
} as const;

function identify(exchange: Exchange, body: Uint8Array | undefined): Pick<Trial, 'fingerprint' | 'client'> {
  const { method, target } = exchange;
  const who = whoOf(exchange);
  return {
    fingerprint: fingerprintOf({ method, target: target.raw, who, body }),
    client: clientOf(who),
  };
}

const distinct = (texts: readonly string[]): readonly string[] =>
  texts.length < 2 ? texts : [...new Set(texts)];

/** What is kept of it as an example. */
export function toKept(
  exchange: Exchange,
  { route, revision, hasPaths }: Shadowing,
  ending: Ending,
  made: { readonly id: string; readonly at: number; readonly signatures: readonly string[] },
): KeptComparison {
  const { outcome, skip, detail, result } = ending;
  return {
    ...made,
    route: route.name,
    method: exchange.method,
    entry: exchange.entry,
    template: route.entries[exchange.entry]?.pattern ?? '',
    ...(hasPaths ? { target: withoutCredentials(exchange.target.raw) } : {}),
    requestId: exchange.id,
    outcome,
    ...(skip === undefined ? {} : { skip }),
    ...(detail === undefined ? {} : { detail }),
    sides: result?.sides ?? ending.sides ?? {},
    differences: result?.differences ?? [],
    revision,
  };
}
