import { fieldValue } from '../core/headers.ts';
import { summarise } from './canonical/opaque.ts';
import type { Value } from './canonical/value.ts';
import type { Answer } from './comparison.ts';
import { diff } from './diff.ts';
import { type Collected, type Said, toFound } from './findings.ts';
import type { Bytes, Content, Observation } from './observation.ts';
import { isSameBytes, isSameSent } from './plainly-same.ts';
import { aroundFirstDifference } from './redact.ts';
import type { CompiledRules } from './rules.ts';

/** Nothing can be said of two bodies beyond `maxBody` whose bytes differ, where rules might excuse it. */
export type BodyVerdict = 'compared' | 'too-large';

/** Puts into `findings` where two bodies differ. Equal bytes are equal without parsing: most traffic ends here. */
export function diffBodies(
  legacy: Observation,
  service: Observation,
  rules: CompiledRules,
  findings: Collected,
): BodyVerdict {
  const [l, s] = [legacy.bytes, service.bytes];
  const [sentByLegacy, sentByService] = [toSent(legacy), toSent(service)];
  const isSame = isSameSent(sentByLegacy, sentByService) && legacy.codings.join() === service.codings.join();
  const isSameWhole =
    (isSame && !isTruncated(l) && !isTruncated(s)) ||
    ('bytes' in l && 'bytes' in s && isSameBytes(l.bytes, s.bytes));
  if (isSameWhole && legacy.charset === service.charset) return 'compared';
  if (rules.isBodySkipped) {
    if (!isSameWhole) sayOpaque(legacy, service, rules, findings, 'body: skip');
    return 'compared';
  }
  if (isUntold(legacy, service)) return 'too-large';
  if (!('bytes' in l) || !('bytes' in s)) sayOpaque(legacy, service, rules, findings);
  else if (l.bytes.length === 0 || s.bytes.length === 0)
    sayEmpty(legacy, service, l.bytes.length === 0, rules, findings);
  else if (legacy.format !== service.format) sayOpaque(legacy, service, rules, findings);
  else diffContents(legacy, service, isSameWhole, rules, findings);
  return 'compared';
}

const isTruncated = (found: Bytes): boolean => 'fault' in found && found.fault === 'truncated';
const isTooLarge = (found: Bytes): boolean => 'fault' in found && found.fault === 'too-large';

/** Bodies that are too large: what their bytes alone decide is told, and no more. */
function isUntold(legacy: Observation, service: Observation): boolean {
  if (isTooLarge(legacy.bytes) && isTooLarge(service.bytes)) return !isOpaque(legacy) || !isOpaque(service);
  // One that is whole could be the same, written more tersely.
  const isBeside = (large: Observation, whole: Observation): boolean =>
    isTooLarge(large.bytes) && large.digest !== undefined && 'bytes' in whole.bytes;
  return isBeside(legacy, service) || isBeside(service, legacy);
}

/** Its type says that nobody reads it, and nothing has to be taken off. */
const isOpaque = ({ answer, codings, format }: Observation): boolean =>
  codings.length === 0 && format === 'opaque' && fieldValue(answer.fields, 'content-type') !== undefined;

type Sent = Pick<Answer, 'body' | 'digest'>;

const toSent = ({ raw, digest }: Observation): Sent => ({ body: raw, digest });

function diffContents(
  legacy: Observation,
  service: Observation,
  isSameWhole: boolean,
  rules: CompiledRules,
  findings: Collected,
): void {
  const [l, s] = [legacy.content, service.content];
  if (l.kind === 'text' && s.kind === 'text') {
    if (rules.neutralise.legacy(l.text) === rules.neutralise.service(s.text)) return;
    // A shape is of the whole text.
    const [ours, theirs] = rules.toShape ? [l.text, s.text] : aroundFirstDifference(l.text, s.text);
    say({ kind: 'value', legacy: ours, service: theirs }, rules, findings);
  } else if (l.kind === 'tree' && s.kind === 'tree' && 'root' in l.parsed && 'root' in s.parsed) {
    diff(l.parsed.root, s.parsed.root, { rules, dialect: l.dialect }, findings);
  } else if (!isSameWhole) sayOpaque(legacy, service, rules, findings);
}

function say(said: Said, rules: CompiledRules, findings: Collected): void {
  findings.add(toFound(undefined, 'json', said, rules));
}

/** One side has no body at all. */
function sayEmpty(
  legacy: Observation,
  service: Observation,
  isAdded: boolean,
  rules: CompiledRules,
  findings: Collected,
): void {
  if (isAdded) say({ kind: 'added', legacy: undefined, service: toSummary(service) }, rules, findings);
  else say({ kind: 'removed', legacy: toSummary(legacy), service: undefined }, rules, findings);
}

function sayOpaque(
  legacy: Observation,
  service: Observation,
  rules: CompiledRules,
  findings: Collected,
  rule?: string,
): void {
  const said = { kind: 'opaque', legacy: toSummary(legacy), service: toSummary(service) } as const;
  say({ ...said, rule }, rules, findings);
}

/** Length and hash of what came, and why it could not be read. */
function toSummary({ raw, digest, bytes, content }: Observation): Value {
  const fault = 'fault' in bytes ? `${bytes.fault}: ${bytes.detail}` : whyUnread(content);
  const { bytes: length, sha256 } = digest ?? summarise('bytes' in bytes ? bytes.bytes : raw);
  return fault === undefined ? { bytes: length, sha256 } : { bytes: length, sha256, fault };
}

const whyUnread = (content: Content): string | undefined =>
  content.kind === 'tree' && 'fault' in content.parsed ? content.parsed.fault : undefined;
