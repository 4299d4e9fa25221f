import type { Hold, Ramp } from '../routing/route.ts';

/** How a route is held since some order, as one gateway tells the others. */
export interface HoldChange {
  readonly route: string;
  /** Of two changes of a route the later counts. Wall clock, milliseconds, or one more than that of what it follows. */
  readonly at: number;
  /** Undefined: it is not held any more. */
  readonly hold: Hold | undefined;
  readonly by: string;
  readonly reason: string;
}

/** What goes from gateway to gateway. `ask`: tell me all that you know. `from` is one run of one gateway. */
export type HoldMessage =
  | { readonly kind: 'ask'; readonly from: string }
  | { readonly kind: 'tell'; readonly from: string; readonly changes: readonly HoldChange[] };

/** Changes in one message at most. */
export const changesAtOnce = 200;

const longestMessage = 1024 * 1024;
const longestText = 1000;
const mostSteps = 100;

type Fields = Readonly<Record<string, unknown>>;

export const toText = (message: HoldMessage): string => JSON.stringify(message);

/** Undefined for what is no message, or one of another version of Figway: it is not followed in parts. */
export function parseMessage(text: string): HoldMessage | undefined {
  if (text.length > longestMessage) return undefined;
  const message = parseJson(text);
  if (!isFields(message) || !isText(message.from)) return undefined;
  const { kind, from, changes } = message;
  if (kind === 'ask') return { kind, from };
  if (kind !== 'tell' || !Array.isArray(changes) || changes.length > changesAtOnce) return undefined;
  return changes.every(isChange) ? { kind, from, changes } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isChange = (value: unknown): value is HoldChange =>
  isFields(value) &&
  isText(value.route) &&
  isNumber(value.at) &&
  isText(value.by) &&
  isText(value.reason) &&
  (value.hold === undefined || isHold(value.hold, value.route));

const isHold = (value: unknown, route: unknown): value is Hold =>
  isFields(value) &&
  value.route === route &&
  isText(value.by) &&
  isText(value.reason) &&
  isNumber(value.since) &&
  (value.until === undefined || isNumber(value.until)) &&
  isNumber(value.released) &&
  (value.ramp === undefined || isRamp(value.ramp));

const isRamp = (value: unknown): value is Ramp =>
  isFields(value) &&
  Array.isArray(value.steps) &&
  value.steps.length <= mostSteps &&
  value.steps.every(isNumber) &&
  isNumber(value.every) &&
  isNumber(value.nextAt) &&
  isText(value.by) &&
  isText(value.reason);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= longestText;

const isNumber = (value: unknown): boolean => typeof value === 'number' && value >= 0;
