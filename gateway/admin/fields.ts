import { parseDuration } from '../core/units.ts';
import { AdminRefusal } from './problems.ts';

/** One field of a body or a query: how it is read, and its JSON Schema for `/openapi.json`. */
export interface Field<Value> {
  /** Undefined: not of that kind. */
  read(given: unknown): Value | undefined;
  readonly expected: string;
  readonly schema: object;
  readonly isRequired: boolean;
  /** `?name=a&name=b` */
  readonly isRepeated?: boolean;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type Values<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer Value> ? Value | undefined : never;
};

export const field = <Value>(
  expected: string,
  schema: object,
  read: (given: unknown) => Value | undefined,
): Field<Value> => ({ read, expected, schema: { ...schema, description: expected }, isRequired: false });

/** The same field, refused if it is missing. */
export const required = <Value>(of: Field<Value>): Field<Value> => ({ ...of, isRequired: true });

/** Why somebody does what they do; goes into log, moves and status, so no control characters. */
export const reason = required(
  field('a reason of 1 to 500 characters', { type: 'string', minLength: 1, maxLength: 500 }, given => {
    const text = typeof given === 'string' ? given.trim() : '';
    return text.length >= 1 && text.length <= 500 && !/[\0-\x1f\x7f]/.test(text) ? text : undefined;
  }),
);

export const duration = field('a duration with its unit, such as 30m or 2h', { type: 'string' }, given => {
  const ms = typeof given === 'string' ? parseDuration(given) : undefined;
  return ms !== undefined && ms > 0 && Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : undefined;
});

export const flag = field('true or false', { type: 'boolean' }, given =>
  typeof given === 'boolean' ? given : undefined,
);

export const percent = field('0 to 100', { type: 'number', minimum: 0, maximum: 100 }, given =>
  typeof given === 'number' && given >= 0 && given <= 100 ? given : undefined,
);

/** The same, in a query. */
export const percentText = field('0 to 100', { type: 'number', minimum: 0, maximum: 100 }, given => {
  const number = typeof given === 'string' && /^\d{1,3}(?:\.\d{1,4})?$/.test(given) ? Number(given) : -1;
  return number >= 0 && number <= 100 ? number : undefined;
});

/** `[10, 50, 100]`. */
export const ramp = field(
  'rising percents that end with 100, such as [10, 50, 100]',
  { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 100 },
  given => {
    if (!Array.isArray(given) || given.length > 100 || given.at(-1) !== 100) return undefined;
    const isRising = given.every((step, at) => typeof step === 'number' && step > (given[at - 1] ?? 0));
    return isRising ? (given as readonly number[]) : undefined;
  },
);

export const text = (what: string, longest = 8192) =>
  field(
    `${what} of 1 to ${longest} characters`,
    { type: 'string', minLength: 1, maxLength: longest },
    given => (typeof given === 'string' && given !== '' && given.length <= longest ? given : undefined),
  );

export const texts = (what: string): Field<readonly string[]> => ({
  ...field(`${what}, or a list of them`, { type: 'array', items: { type: 'string' } }, given => {
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    return list.length <= 100 && list.every(one => typeof one === 'string') ? list : undefined;
  }),
  isRepeated: true,
});

export const oneOf = <const Value extends string>(values: readonly Value[]) =>
  field(`one of ${values.join(', ')}`, { type: 'string', enum: values }, given =>
    values.find(value => value === given),
  );

export const wholeText = (min: number, max: number) =>
  field(`a whole number from ${min} to ${max}`, { type: 'integer', minimum: min, maximum: max }, given => {
    const number = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  });

/** Reads what was given by the fields' own rules; an unknown name is refused like a wrong value. */
export function readFields<F extends Fields>(fields: F, given: unknown, where: string): Values<F> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new AdminRefusal('bad-request', `${where}: expected an object`);
  const unknown = Object.keys(given).find(name => !Object.hasOwn(fields, name));
  if (unknown !== undefined)
    throw new AdminRefusal(
      'bad-request',
      `${where}: ${JSON.stringify(unknown.slice(0, 60))} is not known, expected ${Object.keys(fields).join(', ') || 'nothing'}`,
    );
  const values: [string, unknown][] = Object.entries(fields).map(([name, of]) => [
    name,
    readField(name, of, (given as Record<string, unknown>)[name], where),
  ]);
  return Object.fromEntries(values) as Values<F>;
}

function readField(name: string, of: Field<unknown>, given: unknown, where: string): unknown {
  if (given === undefined && !of.isRequired) return undefined;
  const value = given === undefined ? undefined : of.read(given);
  if (value !== undefined) return value;
  const got = given === undefined ? 'nothing' : (JSON.stringify(given) ?? 'nothing').slice(0, 60);
  throw new AdminRefusal('bad-request', `${where}: ${name}: expected ${of.expected}, got ${got}`);
}
