/** Numbers as the decimals that they are written as; no double comes in between. */

/** digits · 10^exponent; no leading or trailing zeros, no digits at all for zero, which has no sign. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** A number that a double cannot hold exactly: 10765432100123456789, 1e999. */
export class ExactNumber {
  /** As it was written. */
  readonly text: string;
  /** Equal for equal numbers. */
  readonly key: string;

  constructor(text: string, key: string) {
    this.text = text;
    this.key = key;
  }
}

/**
 * For `JSON.stringify`: a number token as it is written. Not in TypeScript's own types yet; in every Node that we run on.
 */
export const rawJson = (text: string): unknown =>
  (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,15}))?$/;

/** Longest number that is read; a longer one is text to us. */
const maxLength = 4096;

/** Up to fifteen significant digits a decimal and its double tell each other apart, far from the ends of the range. */
const exactDigits = 15;
const exactMagnitude = 290;

/** Reads `-1.50e3`; undefined for what is no decimal, is too long, or has an exponent of more than 15 digits. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > maxLength) return undefined;
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = found;
  const written = (whole + fraction).replace(/^0+/, '');
  const digits = written.replace(/0+$/, '');
  if (digits === '') return { isNegative: false, digits, exponent: 0 };
  const exponent = Number(power) - fraction.length + (written.length - digits.length);
  return { isNegative: sign === '-', digits, exponent };
}

/** A number token as a double where that is exact, as an `ExactNumber` elsewhere; undefined as `parseDecimal` has it. */
export function toNumber(text: string): number | ExactNumber | undefined {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return undefined;
  const { isNegative, digits, exponent } = decimal;
  const magnitude = digits.length + exponent;
  if (digits.length <= exactDigits && Math.abs(magnitude) <= exactMagnitude) return Number(text);
  return new ExactNumber(text, `${isNegative ? '-' : ''}${digits}e${exponent}`);
}

/** Digits beyond which two decimals are not lined up. */
const maxSpan = 20_000;

/** How far two numbers may be apart: by `abs`, or by `rel` of the first. */
export interface Tolerance {
  readonly abs: Decimal | undefined;
  readonly rel: Decimal | undefined;
}

/** Whether |a − b| ≤ abs or ≤ rel · |a|; exactly. Numbers of wildly different size are never near each other. */
export function isWithin(a: Decimal, b: Decimal, { abs, rel }: Tolerance): boolean {
  if (toSigned(a) === toSigned(b) && a.exponent === b.exponent) return true;
  const bounds = [abs, rel === undefined ? undefined : times(rel, a)].filter(bound => bound !== undefined);
  const all = [a, b, ...bounds].filter(({ digits }) => digits !== '');
  const lowest = Math.min(...all.map(({ exponent }) => exponent));
  const highest = Math.max(...all.map(({ digits, exponent }) => exponent + digits.length));
  if (highest - lowest > maxSpan) return false;
  const scale = ({ digits, exponent, isNegative }: Decimal): bigint =>
    digits === '' ? 0n : BigInt((isNegative ? '-' : '') + digits + '0'.repeat(exponent - lowest));
  const apart = scale(a) - scale(b);
  const distance = apart < 0n ? -apart : apart;
  return bounds.some(bound => distance <= scale(bound));
}

const toSigned = ({ isNegative, digits }: Decimal): string => (isNegative ? `-${digits}` : digits);

/** |a| · |b|. */
const times = (a: Decimal, b: Decimal): Decimal => ({
  isNegative: false,
  digits: a.digits === '' || b.digits === '' ? '' : (BigInt(a.digits) * BigInt(b.digits)).toString(),
  exponent: a.exponent + b.exponent,
});

/** The number of a configuration, as people wrote it: 0.01 is a hundredth. */
export const ofDouble = (number: number | undefined): Decimal | undefined =>
  number === undefined ? undefined : parseDecimal(String(number));
