import type { ValueClass } from '../comparison.ts';
import { ExactNumber } from './decimal.ts';
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
      return isEpoch(value) ? 'epoch' : 'number';
    case 'string':
      return classOfText(value);
    default:
      if (value instanceof ExactNumber)
        return epoch.test(value.text) && isEpoch(Number(value.text)) ? 'epoch' : 'number';
      if (value instanceof Repeated) return classOf(value.last);
      return Array.isArray(value) ? 'array' : 'object';
  }
}

/** Whole seconds, whole milliseconds, or either with a fraction. */
function isEpoch(number: number): boolean {
  return (
    (number >= firstEpoch && number < lastEpoch) || (number >= firstEpoch * 1000 && number < lastEpoch * 1000)
  );
}

export function classOfText(text: string): ValueClass {
  if (text.length > maxLength) return url.test(text.slice(0, maxLength)) ? 'url' : 'text';
  if (epoch.test(text) && isEpoch(Number(text))) return 'epoch';
  if (digits.test(text)) return `digits-${text.length}`;
  if (hex.test(text) && (text.length >= surelyHex || /\d/.test(text))) return `hex-${text.length}`;
  if (uuid.test(text)) return 'uuid';
  if (parseTimestamp(text) !== undefined) return 'timestamp';
  if (jwt.test(text)) return 'jwt';
  if (email.test(text)) return 'email';
  return url.test(text) ? 'url' : 'text';
}

const drifting = /^(?:timestamp|epoch|uuid|jwt|hex-\d+|digits-\d+)$/;

/** Whether values of this class may change from call to call and mean nothing by it. */
export const isDrifting = (found: ValueClass): boolean => drifting.test(found);
