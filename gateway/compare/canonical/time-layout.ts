/**
 * How a point in time is written, without when it is: `YYYY-MM-DDThh.mm.ss.fffZ`, `ddd,_DD_Mon_YYYY_hh.mm.ss_GMT`. White
 * space is `_` and a colon `.`, since a layout is part of a signature. A fraction counts as `fff`, `ffffff` or
 * `fffffffff`, whatever zeros were left off; a zone stays as it is: it does not drift.
 */
export function layoutOf(timestamp: string): string {
  const layout = /^\d{4}-/.test(timestamp) ? ofIso(timestamp) : ofMail(timestamp);
  return layout.replaceAll(/\s/g, '_').replaceAll(':', '.');
}

const ofIso = (text: string): string =>
  text
    .replace(/^\d{4}-\d\d-\d\d/, 'YYYY-MM-DD')
    .replace(/(?<=^YYYY-MM-DD.)\d\d:\d\d/, 'hh:mm')
    .replace(/(?<=mm:)\d\d/, 'ss')
    .replace(/(?<=ss[.,])\d+/, digits => 'fff'.repeat(Math.ceil(digits.length / 3)));

/** Also of asctime, where the day comes after the month. */
const ofMail = (text: string): string =>
  text
    .replace(/^[A-Z][a-z]+/, day => (day.length === 3 ? 'ddd' : 'dddd'))
    .replace(/(?<=[ -])[A-Z][a-z]{2}(?=[ -])/, 'Mon')
    .replace(/\d\d:\d\d/, 'hh:mm')
    .replace(/(?<=mm:)\d\d/, 'ss')
    .replace(/\d{1,2}(?=[ -]Mon)|(?<=Mon {1,2})\d{1,2}(?= )/, day => 'D'.repeat(day.length))
    .replace(/(?<=Mon[ -])\d+|\d{4}$/, year => 'Y'.repeat(year.length));

const token = /YYYY|YY|MM|Mon|DD?|dddd|ddd|hh|mm|ss|[.,]f+|[\s\S]/g;
const numbers: ReadonlySet<string> = new Set(['YYYY', 'YY', 'MM', 'DD', 'D', 'hh', 'mm', 'ss']);
const words: ReadonlyMap<string, string> = new Map([
  ['Mon', '[A-Z][a-z]{2}'],
  ['ddd', '[A-Z][a-z]{2}'],
  ['dddd', '[A-Z][a-z]{3,8}'],
  ['_', '\\s'],
  ['.', ':'],
  ['+', '\\+'],
]);

/** A regular expression for all that is written in that layout. */
export const layoutPattern = (layout: string): string => `^${layout.replaceAll(token, toPattern)}$`;

function toPattern(part: string): string {
  if (numbers.has(part)) return `\\d{${part.length}}`;
  const digits = part.length - 1;
  return part.endsWith('f') ? `[${part[0]}]\\d{${digits - 2},${digits}}` : (words.get(part) ?? part);
}
