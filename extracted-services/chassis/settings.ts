/** The environment as typed values. What cannot be taken is a SettingError that names the variable, the bound and the value. */
export interface Settings {
  /** Undefined if it is not set, or empty. */
  optional(name: string): string | undefined;
  text(name: string, fallback: string): string;
  /** A secret: at least 16 characters, and never shown. */
  secret(name: string): string;
  /** A whole number within the bounds. */
  integer(name: string, bounds: { min: number; max: number; fallback: number }): number;
  oneOf<Value extends string>(name: string, values: readonly Value[], fallback: Value): Value;
  /** An `http:` or `https:` address, without a slash at the end. */
  url(name: string, fallback: string): string;
  /** `host:port`, `[v6]:port`; port 0 takes a free one. */
  listen(name: string, fallback: string): Listen;
}

export interface Listen {
  readonly host: string;
  readonly port: number;
}

export class SettingError extends Error {
  override readonly name = 'SettingError';
}

export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const optional = (name: string): string | undefined => env[name] || undefined;
  const text = (name: string, fallback: string): string => optional(name) ?? fallback;
  return {
    optional,
    text,
    secret(name) {
      const value = optional(name);
      if (value === undefined) throw new SettingError(`${name}: expected a secret, got nothing`);
      if (value.length < 16) {
        throw new SettingError(`${name}: expected 16 characters or more, got ${value.length}`);
      }
      return value;
    },
    integer(name, { min, max, fallback }) {
      const given = text(name, String(fallback));
      const value = /^-?\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw wrong(name, `a whole number from ${min} to ${max}`, given);
    },
    oneOf(name, values, fallback) {
      const given = text(name, fallback);
      const known = values.find(value => value === given);
      if (known !== undefined) return known;
      throw wrong(name, values.join(' or '), given);
    },
    url(name, fallback) {
      const given = text(name, fallback);
      const protocol = URL.parse(given)?.protocol;
      if (protocol === 'http:' || protocol === 'https:') return given.replace(/\/+$/, '');
      throw wrong(name, 'an http: or https: address', withoutUserinfo(given));
    },
    listen(name, fallback) {
      const given = text(name, fallback);
      const [, v6, host = v6, port = ''] =
        /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(given) ?? [];
      if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
      throw wrong(name, 'host:port', given);
    },
  };
}

const wrong = (name: string, expected: string, given: string): SettingError =>
  new SettingError(`${name}: expected ${expected}, got ${given.slice(0, 60)}`);

/** An address may carry a password, which no message shows. */
const withoutUserinfo = (text: string): string => text.replace(/\/\/[^/]*@/, '//…@');
