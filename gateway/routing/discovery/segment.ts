import { decodeSegment } from '../segments.ts';

/** A literal beyond this is taken for a value. */
const longest = 40;

/** What a pattern cannot spell, or what no word of a path holds: `a@b.c`, `id=4`, `1:2`. */
const foreign = /[?#\\\s\x00-\x1f\x7f%*@=:,|"'<>()[\]{}]/;

const digits = /^\d+([._-]\d+)*(\.\w{1,5})?$/;
const date = /^\d{4}-\d{2}(-\d{2}.*)?$|^\d{1,2}-[a-z]{3}-\d{2,4}$/i;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
/** `order-42`, `INV_2026_0417`, `product-12345.html`. */
const numbered = /[A-Za-z][._-]\d{2,}([._-]\w{1,8})?$/;
/** `A10042`, `SKU0815`. */
const coded = /^[A-Z]{1,4}\d{3,}$/;
/** Eight or more hex digits standing alone, of which one is a digit: `app.3f9ac2d1.css`. */
const hex = /(?:^|[._-])(?=[0-9a-f]*\d)[0-9a-f]{8,}(?:$|[._-])/i;
/** Letters and digits, or both cases, mixed in one long word: a token. */
const token = /(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_]{16,}|[A-Za-z0-9]{24,}/;

/**
 * One segment of a path as the literal that a pattern would have there, decoded and without `;parameters`;
 * undefined: it is a value, such as a number, a date, an id, a token or an address.
 */
export function literalOf(segment: string): string | undefined {
  const end = segment.indexOf(';');
  const word = decodeSegment(end === -1 ? segment : segment.slice(0, end));
  if (word === '' && segment !== '') return undefined;
  if (word.length > longest || foreign.test(word) || /^\.\.?$/.test(word)) return undefined;
  // Most segments are plain words.
  if (/^[a-z_-]{0,23}$/.test(word)) return word;
  const isValue =
    digits.test(word) ||
    date.test(word) ||
    uuid.test(word) ||
    numbered.test(word) ||
    coded.test(word) ||
    hex.test(word) ||
    token.test(word);
  return isValue ? undefined : word;
}
