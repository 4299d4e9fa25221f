/** Money is text with two decimals, `12.90`; it is added up in whole cents. */
export const toMoney = (cents: number): string =>
  `${Math.trunc(cents / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;

export const toCents = (money: string): number => Number(money.replace('.', ''));

/** The value-added tax of 19 % inside a gross amount, rounded once for the whole order. */
export const taxWithin = (gross: number): number => Math.round((gross * 19) / 119);
