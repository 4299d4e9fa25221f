import { Unhandleable } from '../chassis/events/bus.ts';
import type { CloudEvent } from '../chassis/events/cloud-event.ts';

/** Reads the data of an event. What is missing or odd is an Unhandleable: no repetition would mend it. */
export interface EventData {
  /** Text of 1 to 200 characters without controls, which end a line in a mail, or a whole number as text. */
  text(name: string): string;
  /** Whole cents, as `12.90 EUR`. */
  money(name: string): string;
}

export function readData({ data }: CloudEvent): EventData {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw wrong('data', 'an object', data);
  const fields = data as Readonly<Record<string, unknown>>;
  const own = (name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  const text = (name: string): string => {
    const value = own(name);
    const given = Number.isSafeInteger(value) ? String(value) : value;
    if (typeof given === 'string' && /^[^\x00-\x1f\x7f]{1,200}$/.test(given)) return given;
    throw wrong(`data.${name}`, '1 to 200 characters', value);
  };
  return {
    text,
    money(name) {
      const cents = own(name);
      if (!Number.isSafeInteger(cents) || Number(cents) < 0)
        throw wrong(`data.${name}`, 'whole cents', cents);
      return `${(Number(cents) / 100).toFixed(2)} ${text('currency')}`;
    },
  };
}

const wrong = (what: string, expected: string, got: unknown): Unhandleable =>
  new Unhandleable(`${what}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 60) ?? 'nothing'}`);
