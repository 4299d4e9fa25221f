import type { ValueClass } from '../comparison.ts';
import { ExactNumber } from './decimal.ts';
import { layoutOf } from './time-layout.ts';
import { parseTimestamp } from './timestamp.ts';
import { Repeated, type Value } from './value.ts';

/** Seconds from 2001-09-09 to 2100: there is no clock here that knows today. */
const [firstEpoch, lastEpoch] = [1_000_000_000, 4_102_444_800];

const uuid = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;
const jwt = /^eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*$/;
const digits = /^\d{6,}$/;
const hex = /^(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/;
const epoch = /^\d{10}(?:\d{3})?(?:\.\d{1,9})?$/;
const email = /^[^\s@"<>]{1,64}@[\w-]+(?:\.[\w-]+)+$/;
const url = /^[a-z][a-z0-9+.-]{1,20}:\/\/[^\s]+$/i;

/** Longest text that is looked at: what is longer is text, or an address. */
const maxLength = 4096;
/** A word may be made of a to f; sixteen of them in a row are none. */
const surelyHex = 16;

/** The class of a value; undefined is `absent`. */
export function classOf(value: Value | undefined): ValueClass {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return classOfEpoch(value) ?? 'number';
    case 'string':
      return classOfText(value);
    default:
      if (value instanceof ExactNumber)
        return (epoch.test(value.text) ? classOfEpoch(Number(value.text)) : undefined) ?? 'number';
      if (value instanceof Repeated) return classOf(value.last);
      return Array.isArray(value) ? 'array' : 'object';
  }
}

/** Seconds or milliseconds, whole or with a fraction; how long that is does not count, since its zeros are left off. */
function classOfEpoch(number: number): ValueClass | undefined {
  const unit = isIn(number, 1) ? 's' : isIn(number, 1000) ? 'ms' : undefined;
  if (unit === undefined) return undefined;
  return Number.isInteger(number) ? `epoch-${unit}` : `epoch-${unit}-fraction`;
}

const isIn = (number: number, perSecond: number): boolean =>
  number >= firstEpoch * perSecond && number < lastEpoch * perSecond;

export function classOfText(text: string): ValueClass {
  if (text.length > maxLength) return url.test(text.slice(0, maxLength)) ? 'url' : 'text';
  const instant = epoch.test(text) ? classOfEpoch(Number(text)) : undefined;
  if (instant !== undefined) return instant;
  if (digits.test(text)) return `digits-${text.length}`;
  if (hex.test(text) && (text.length >= surelyHex || /\d/.test(text)))
    return /[A-F]/.test(text) ? `hex-upper-${text.length}` : `hex-${text.length}`;
  if (uuid.test(text)) return classOfUuid(text);
  if (parseTimestamp(text) !== undefined) return `timestamp-${layoutOf(text)}`;
  if (jwt.test(text)) return 'jwt';
  if (email.test(text)) return 'email';
  return url.test(text) ? 'url' : 'text';
}

/** Upper case and braces are another format; a brace without the other is none. */
function classOfUuid(text: string): ValueClass {
  const isBraced = text.startsWith('{');
  if (isBraced !== text.endsWith('}')) return 'text';
  const letters = /[A-F]/.test(text) ? (/[a-f]/.test(text) ? '-mixed' : '-upper') : '';
  return isBraced ? `uuid${letters}-braced` : `uuid${letters}`;
}

/** What kind of value a class is of, whatever its format: `timestamp`, `hex`. */
export const familyOf = (found: ValueClass): string => found.split('-', 1)[0] as string;

const drifting: ReadonlySet<string> = new Set(['timestamp', 'epoch', 'uuid', 'jwt', 'hex', 'digits']);

/** Whether values of this class may change from call to call and mean nothing by it. */
export const isDrifting = (found: ValueClass): boolean => drifting.has(familyOf(found));
