import { textMember } from './canonical/markup.ts';

/** A name or an index; `onlyItem` is index 0 of a list that has but one item, which paths of markup do not show. */
export type Step = string | number;
export const onlyItem = -1;

/** How paths are written: `$.a.b[0]`, or `html>body>div[0]@class`. */
export type Dialect = 'json' | 'markup';

/** Where something is: its step below its parent. Undefined is the root. */
export interface Place {
  readonly parent: Place | undefined;
  readonly step: Step;
  /** What is in there is somebody's secret. */
  readonly isSecret: boolean;
}

export function stepsOf(place: Place | undefined): Step[] {
  const steps: Step[] = [];
  for (let at = place; at !== undefined; at = at.parent) steps.push(at.step);
  return steps.reverse();
}

const plainName = /^[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*$/;

/** `$.a.b[0]`, `$['odd key']` (RFC 9535 §2.5), or `html>body>div[0]>h1@class`; `$` for the whole. */
export const toPath = (steps: readonly Step[], dialect: Dialect): string =>
  dialect === 'json' ? toJsonPath(steps, plainStep) : toMarkupPath(steps, plainStep);

/** A name is data too, and may be of any length. */
const maxName = 200;

const plainStep = (step: Step): Step =>
  typeof step === 'string' && step.length > maxName ? `${step.slice(0, maxName)}…` : step;

function toJsonPath(steps: readonly Step[], show: (step: Step) => Step): string {
  let path = '$';
  for (const step of steps) {
    const shown = show(step);
    if (typeof shown === 'number') path += `[${Math.max(shown, 0)}]`;
    else if (shown === anyIndex) path += shown;
    else if (shown === anyName || plainName.test(shown)) path += `.${shown}`;
    else path += `[${quoteName(shown)}]`;
  }
  return path;
}

function toMarkupPath(steps: readonly Step[], show: (step: Step) => Step): string {
  let path = '';
  for (const step of withoutOnlyText(steps)) {
    if (step === onlyItem) continue;
    const shown = show(step);
    if (typeof shown === 'number') path += `[${shown}]`;
    else if (shown === anyIndex || shown.startsWith('@')) path += shown;
    else path += path === '' ? shown : `>${shown}`;
  }
  return path === '' ? '$' : path;
}

/** The one text of an element is said to be at the element. */
function withoutOnlyText(steps: readonly Step[]): readonly Step[] {
  return steps.at(-1) === onlyItem && steps.at(-2) === textMember ? steps.slice(0, -2) : steps;
}

const quoteName = (name: string): string =>
  `'${name
    .replace(/[\\']/g, '\\$&')
    .replace(/[\u0000-\u001f\u007f]/g, code => `\\u${code.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;

const anyIndex = '[*]';
const anyName = '{*}';

/** A path as signatures have it: `[n]` is `[*]`, a name that looks like an id is `{*}`. */
export const toShape = (steps: readonly Step[], dialect: Dialect): string =>
  dialect === 'json' ? toJsonPath(steps, shapeStep) : toMarkupPath(steps, shapeStep);

const shapeStep = (step: Step): Step =>
  typeof step === 'number' ? anyIndex : isDynamicName(step) ? anyName : plainStep(step);

const dynamicName =
  /^(?:[#@]?\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d(?:-\d\d)?(?:[T ].*)?|[\w.+-]+@[\w-]+\.[\w.-]+)$/i;
const hexName = /^(?=.*\d)[0-9a-f]{8,}$/i;
/** `order-1042`, `sku_99812`, `ORD1042`: a word and three digits or more. */
const numberedName = /^[A-Za-z]{1,12}[-_:]?\d{3,}$/;

/**
 * Whether a member's name is data, not part of the shape: digits, uuid, hex of eight or more with a digit, date, mail
 * address, or a word with a number of three digits or more.
 */
export const isDynamicName = (name: string): boolean =>
  dynamicName.test(name) || hexName.test(name) || numberedName.test(name);
