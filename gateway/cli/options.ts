import { durationPattern } from '../core/units.ts';
import { Stop } from './command.ts';

/** What was given after the command's name, read by name (camel case: `dataAck` for `--data-ack`). */
export interface Options {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  /** 0 to 100, with or without `%`. */
  percent(name: string): number | undefined;
  whole(name: string, min: number, max: number): number | undefined;
  /** As written, such as `2h`. */
  duration(name: string): string | undefined;
}

/** Each reader throws a Stop (exit 3) that names option, bound and value. */
export function toOptions(values: Readonly<Record<string, unknown>>): Options {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const bounded = (name: string, given: string, what: string, isGood: (value: number) => boolean) => {
    const value = given.trim() === '' ? Number.NaN : Number(given);
    if (!isGood(value)) throw new Stop(3, `${toFlag(name)}: expected ${what}, got ${JSON.stringify(given)}`);
    return value;
  };
  return {
    flag: name => values[name] === true,
    text,
    list: name => (Array.isArray(values[name]) ? values[name].map(String) : []),
    percent(name) {
      const given = text(name);
      return given === undefined
        ? undefined
        : bounded(name, given.replace(/%$/, ''), '0 to 100', value => value >= 0 && value <= 100);
    },
    whole(name, min, max) {
      const given = text(name);
      return given === undefined
        ? undefined
        : bounded(
            name,
            given,
            `a whole number from ${min} to ${max}`,
            value => Number.isInteger(value) && value >= min && value <= max,
          );
    },
    duration(name) {
      const given = text(name);
      if (given !== undefined && !durationPattern.test(given))
        throw new Stop(
          3,
          `${toFlag(name)}: expected a duration such as 30s, 10m or 2h, got ${JSON.stringify(given)}`,
        );
      return given;
    },
  };
}

const toFlag = (name: string): string =>
  `--${name.replace(/[A-Z]/g, capital => `-${capital.toLowerCase()}`)}`;
