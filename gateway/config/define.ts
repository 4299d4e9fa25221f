/**
 * The words in which every room writes its slice of routes.yaml. The only file that knows zod.
 * What is parsed is plain data: durations in milliseconds, sizes in bytes, shares as 0 to 100.
 */
import { z } from 'zod';
import {
  durationPattern,
  parseDuration,
  parsePercent,
  parseRate,
  parseSize,
  percentPattern,
  ratePattern,
  sizePattern,
} from '../core/units.ts';
import { suggestion } from './nearest.ts';

export type Schema<Output = unknown> = z.ZodType<Output>;
export type Infer<S extends z.ZodType> = z.output<S>;
export type Issue = z.core.$ZodIssue;

/** The message of a union none of whose branches fits; `validate` puts a better one in its place. */
export const noBranch = 'no branch fits';

/** An object in which an unknown key is a problem, with the nearest known one. */
export const shape = <T extends z.ZodRawShape>(fields: T) =>
  z.strictObject(fields, {
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? (issue.keys as string[]).map(key => `unknown key${suggestion(key, Object.keys(fields))}`).join('\n')
        : expected('a mapping')(issue),
  });
export const text = (what = 'text') =>
  z.string({ error: expected(what) }).min(1, { error: `expected ${what}, got nothing` });
/** Text that may be empty, as `${NAME:-}` leaves it. */
export const maybeEmpty = (what = 'text') => z.string({ error: expected(what) });
export const flag = () => z.boolean({ error: expected('true or false') });
export const integer = (min: number, max: number) =>
  z
    .number({ error: expected(`a whole number from ${min} to ${max}`) })
    .int({ error: expected(`a whole number from ${min} to ${max}`) })
    .min(min, { error: expected(`${min} to ${max}`) })
    .max(max, { error: expected(`${min} to ${max}`) });
export const number = (min: number) =>
  z.number({ error: expected(`a number of ${min} or more`) }).min(min, { error: expected(`${min} or more`) });
export const list = <S extends z.ZodType>(item: S) => z.array(item, { error: expected('a list') });
/** A mapping by name; names are words of letters, digits, `-`, `_` and `.`. */
export const named = <S extends z.ZodType>(value: S) =>
  z.record(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
      error: expected('a name of 1 to 64 letters, digits, `.`, `_` or `-`'),
    }),
    value,
    { error: expected('a mapping') },
  );
/** A mapping whose keys are free text. */
export const mapping = <S extends z.ZodType>(value: S) =>
  z.record(z.string(), value, { error: expected('a mapping') });
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: expected(values.length === 1 ? values[0] : `one of ${values.join(', ')}`) });
export const exactly = <const T extends string | boolean>(value: T) =>
  z.literal(value, { error: expected(String(value)) });
export const either = <const T extends readonly [z.ZodType, ...z.ZodType[]]>(branches: T) =>
  z.union(branches, { error: () => noBranch });
export const anything = z.unknown;

/** `500ms`, `2s`, `1m`, `1h`, `14d`, as milliseconds. */
export const duration = () =>
  z
    .string({ error: expected('a duration with its unit, such as 500ms, 2s, 1m, 1h or 14d') })
    .regex(durationPattern, { error: expected('a duration with its unit, such as 500ms, 2s, 1m, 1h or 14d') })
    .transform(value => parseDuration(value) ?? Number.NaN)
    .meta({ kind: 'duration' });

/** `64KiB`, `10MiB`, as bytes. */
export const size = () =>
  z
    .string({ error: expected('a size with its unit, such as 64KiB, 10MiB or 1GiB') })
    .regex(sizePattern, { error: expected('a size with its unit, such as 64KiB, 10MiB or 1GiB') })
    .transform(value => parseSize(value) ?? Number.NaN)
    .meta({ kind: 'size' });

/** `50%`, as 50. */
export const share = () =>
  z
    .string({ error: expected('a share in percent, such as 50%') })
    .regex(percentPattern, { error: expected('a share in percent, such as 50%') })
    .refine(value => (parsePercent(value) ?? 0) <= 100, { error: expected('0% to 100%') })
    .transform(value => parsePercent(value) ?? Number.NaN)
    .meta({ kind: 'share' });

/** `10` or `10%`, as 10. */
export const percent = () =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(percentPattern)
          .transform(value => parsePercent(value) ?? Number.NaN),
      ],
      {
        error: expected('0 to 100'),
      },
    )
    .refine(value => value >= 0 && value <= 100, { error: expected('0 to 100') })
    .meta({ kind: 'percent' });

/** `600/1m`, as requests and a window in milliseconds. */
export const rate = () =>
  z
    .string({ error: expected('a rate, such as 600/1m') })
    .regex(ratePattern, { error: expected('a rate, such as 600/1m') })
    .transform(value => parseRate(value) ?? { requests: Number.NaN, window: Number.NaN })
    .meta({ kind: 'rate' });

/** `http://host:port` or `https://host:port`, without path, query or user. As its origin. */
export const origin = () =>
  z
    .string({ error: expected('an address such as http://127.0.0.1:4000') })
    .regex(/^https?:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s/?#@[\]:]+)(:\d{1,5})?\/?$/, {
      error: expected('an address such as http://127.0.0.1:4000, without path, query or user'),
    })
    .transform(value => value.replace(/\/$/, ''));

/** `2026-11-01`, or with a time and its zone (RFC 3339). */
export const date = () =>
  z
    .string({ error: expected('a date such as 2026-11-01') })
    .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/, {
      error: expected('a date such as 2026-11-01'),
    })
    .refine(value => !Number.isNaN(Date.parse(value)), { error: expected('a date of the calendar') });

/** An address for people to read at, whole or from the root on; made of nothing that would end it in a header (RFC 3986). */
export const link = () =>
  z
    .string({ error: expected('an address such as https://example.com/docs') })
    .regex(/^(https?:\/)?\/[^\s<>"\p{Cc}]+$/u, {
      error: expected('an address such as https://example.com/docs'),
    });

/** Text that stands in a file. The loader puts the file's text in its place before anybody sees the config. */
export class FileReference {
  readonly file: string;
  /** Where the name stands: below the key that gets the text, or there itself. */
  readonly at: readonly string[];

  constructor(file: string, at: readonly string[]) {
    this.file = file;
    this.at = at;
  }
}

/** A secret: the text itself (usually `${NAME}`), or `{ file: /run/secrets/x }`, relative to the yaml. */
export const secret = () =>
  either([
    text('a secret'),
    shape({ file: text('a file').describe('File that holds it, relative to this one') }).transform(
      ({ file }) => new FileReference(file, ['file']) as unknown as string,
    ),
  ]);

/** The name of a file, relative to the yaml; as its text. A renewed certificate is a change of the config. */
export const textOfFile = () =>
  text('a file').transform(file => new FileReference(file, []) as unknown as string);

/** The same where there may be none: no key, or empty text, as `${NAME:-}` leaves it. */
export const textOfFileOrNone = () =>
  maybeEmpty('a file')
    .transform(file => (file === '' ? undefined : (new FileReference(file, []) as unknown as string)))
    .optional();

/** `host:port`; IPv6 in brackets. */
export const address = () =>
  z.string({ error: expected('host:port') }).regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/, {
    error: expected('host:port, such as 127.0.0.1:8080'),
  });

/** A hash is asked for where somebody may paste the secret itself, so the message does not repeat it. */
export const sha256 = () => {
  const error = (issue: { readonly input?: unknown }): string =>
    `expected a SHA-256 in 64 lower-case hex digits, got ${typeof issue.input === 'string' ? `${issue.input.length} characters` : 'something else'}`;
  return z.string({ error }).regex(/^[0-9a-f]{64}$/, { error });
};

/** A message of the form `expected X, got Y`, the shape of every problem. */
function expected(what: string) {
  return (issue: { readonly input?: unknown }): string => `expected ${what}, got ${show(issue.input)}`;
}

const show = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const written = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return written.length > 60 ? `${written.slice(0, 57)}…` : written;
};

// What no schema words by itself: counts of items and characters.
z.config({
  customError: issue => {
    if (issue.code === 'too_small') return `expected at least ${issue.minimum}, got ${count(issue.input)}`;
    if (issue.code === 'too_big') return `expected at most ${issue.maximum}, got ${count(issue.input)}`;
    return undefined;
  },
});

const count = (value: unknown): string => (Array.isArray(value) ? String(value.length) : show(value));

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a file may hold before defaults, as JSON Schema 2020-12; durations, sizes and the like carry their `kind`. */
export const toJsonSchema = (schema: Schema): JsonSchema =>
  z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
