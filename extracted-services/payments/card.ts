import { type Fields, readFields } from '../chassis/validate.ts';

/** A card as it came with a request. It lives as long as the request: what is kept is `lastFour` and the network's token. */
export interface Card {
  readonly number: string;
  readonly lastFour: string;
}

export const testCards = {
  pays: '4111111111111111',
  declines: '4000000000000002',
  /** The network takes five seconds for it. */
  isSlow: '4000000000000069',
  /** The network breaks over it, until it heals. */
  breaks: '4000000000000119',
} as const;

/** Reads the field `card`: 12 to 19 digits whose check digit is right. Messages never show the number. */
export function readCard(fields: Fields): Card {
  const number = fields.text('card', { max: 40, isSecret: true });
  if (number !== '' && !isCardNumber(number)) {
    fields.refuse('card', 'expected 12 to 19 digits with a valid check digit');
  }
  return { number, lastFour: number.slice(-4) };
}

/** Digits whose Luhn sum (ISO/IEC 7812-1, annex B) is a multiple of ten. */
export function isCardNumber(text: string): boolean {
  if (!/^\d{12,19}$/.test(text)) return false;
  const sum = [...text].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** What an authorisation asks for. */
export interface Wanted {
  readonly orderId: string;
  /** Whose payment it is. */
  readonly userId: string;
  readonly amountCents: number;
  readonly currency: 'EUR';
  readonly card: Card;
}

/** A million in euros: beyond it somebody has mistaken cents for something else. */
export const maxCents = 100_000_000;

/** Reads `{ order_id, user_id, amount_cents, currency?, card }`. Problem 400 `bad-payment`. */
export const parseWanted = (body: unknown): Wanted =>
  readFields(body, 'bad-payment', fields => ({
    orderId: fields.text('order_id', { max: 64, shape: idShape }),
    userId: fields.text('user_id', { max: 64, shape: idShape }),
    amountCents: fields.integer('amount_cents', { min: 1, max: maxCents }),
    currency: fields.has('currency') ? fields.oneOf('currency', ['EUR']) : 'EUR',
    card: readCard(fields),
  }));

/** Reads `{ amount_cents? }` of a capture or a refund. Problem 400 `bad-amount`. */
export const parseAmount = (body: unknown): number | undefined =>
  readFields(body, 'bad-amount', fields =>
    fields.has('amount_cents') ? fields.integer('amount_cents', { min: 1, max: maxCents }) : undefined,
  );

const idShape = { is: /^[\w.:-]+$/, words: 'letters, digits, `_`, `.`, `:` and `-`' };
