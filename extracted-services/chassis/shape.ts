import { toInstant } from './berlin-time.ts';
import { OutgoingFailure } from './outgoing-failure.ts';

/**
 * Reads the fields that are needed of an object that another service answered, and looks at no other: a service may add
 * fields whenever it likes. What is not of its type is an OutgoingFailure `malformed` that names the field, not its value.
 */
export interface Shape {
  text(name: string): string;
  textOrNull(name: string): string | null;
  integer(name: string): number;
  integerOrNull(name: string): number | null;
  /** `12.90` in whole cents. */
  cents(name: string): number;
  /** ISO 8601 in UTC, of an instant or of Berlin's wall clock as the monolith writes it. */
  instant(name: string): string;
  texts(name: string): readonly string[];
  /** At most `maxItems`. */
  list<T>(name: string, read: (item: Shape) => T): readonly T[];
}

/** Items that a list of an answer may have. */
export const maxItems = 1000;

/** What `read` makes of an answer. Throws an OutgoingFailure `malformed` of this service. */
export const readShape = <T>(service: string, answer: unknown, read: (shape: Shape) => T): T =>
  read(shapeOf(service, answer, '$'));

type Guard<T> = (value: unknown) => value is T;

function shapeOf(service: string, value: unknown, where: string): Shape {
  if (!isRecord(value)) throw malformed(service, where, 'an object');
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const need = <T>(name: string, is: Guard<T>, words: string): T => {
    const found = own(name);
    if (is(found)) return found;
    throw malformed(service, `${where}.${name}`, words);
  };
  const orNull = <T>(name: string, read: () => T): T | null => (own(name) == null ? null : read());
  const shape: Shape = {
    text: name => need(name, isText, 'text'),
    textOrNull: name => orNull(name, () => shape.text(name)),
    integer: name => need(name, isInteger, 'a whole number'),
    integerOrNull: name => orNull(name, () => shape.integer(name)),
    cents: name => Number(need(name, isMoney, 'money such as 12.90').replace('.', '')),
    instant: name => {
      const given = need(name, isTime, 'a time');
      return localTime.test(given) ? toInstant(given) : new Date(given).toISOString();
    },
    texts: name => need(name, isTexts, 'a list of texts'),
    list: (name, read) =>
      need(name, isList, `a list of at most ${maxItems}`).map((item, index) =>
        read(shapeOf(service, item, `${where}.${name}[${index}]`)),
      ),
  };
  return shape;
}

const malformed = (service: string, where: string, words: string): OutgoingFailure =>
  new OutgoingFailure(service, 'malformed', { detail: `${where}: expected ${words}` });

const localTime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isMoney = (value: unknown): value is string => isText(value) && /^-?\d{1,12}\.\d\d$/.test(value);
const isTime = (value: unknown): value is string => isText(value) && !Number.isNaN(Date.parse(value));
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length <= maxItems;
const isTexts = (value: unknown): value is readonly string[] => isList(value) && value.every(isText);
