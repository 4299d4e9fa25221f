/** Readers of what services send in: each returns the value or throws Unfit, which names the field and the value. */

/** A field that cannot be taken. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

export type Fields = Readonly<Record<string, unknown>>;

const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60);

export function object(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Unfit(`expected an object, got ${show(value)}`);
}

export function list(fields: Fields, name: string, max: number): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value) && value.length >= 1 && value.length <= max) return value;
  throw new Unfit(
    `${name}: expected a list of 1 to ${max}, got ${Array.isArray(value) ? value.length : show(value)}`,
  );
}

export function integer(
  fields: Fields,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = fields[name];
  if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new Unfit(`${name}: expected a whole number from ${min} to ${max}, got ${show(value)}`);
}

/** Text that fits a pattern; `form` says in words which. */
export function text(
  fields: Fields,
  name: string,
  { form, pattern }: { readonly form: string; readonly pattern: RegExp },
): string {
  const value = fields[name];
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new Unfit(`${name}: expected ${form}, got ${show(value)}`);
}

export const forms = {
  money: { form: 'money such as 12.90', pattern: /^\d{1,9}\.\d\d$/ },
  localTime: {
    form: 'a local time such as 2026-03-04 05:06:07',
    pattern: /^\d{4}-[01]\d-[0-3]\d [0-2]\d:[0-5]\d:[0-5]\d$/,
  },
  line: { form: '1 to 200 characters', pattern: /^[^\p{Cc}]{1,200}$/u },
  lineOrNothing: { form: 'up to 200 characters', pattern: /^[^\p{Cc}]{0,200}$/u },
  word: { form: 'a word in lower case', pattern: /^[a-z][a-z-]{0,29}$/ },
  currency: { form: 'a currency such as EUR', pattern: /^[A-Z]{3}$/ },
  cardSuffix: { form: 'the last four digits, or ----', pattern: /^(?:\d{4}|----)$/ },
  email: { form: 'an email address', pattern: /^[^\s@<>]{1,64}@[^\s@<>]{1,189}$/ },
  hash: { form: 'salt:key', pattern: /^[\x21-\x39\x3b-\x7e]{1,64}:[0-9a-f]{64}$/ },
  event: { form: 'the id of an event', pattern: /^[\x21-\x7e]{1,128}$/ },
} as const;
