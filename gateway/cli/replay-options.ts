import { randomBytes } from 'node:crypto';
import { isFieldValue, isToken } from '../core/headers.ts';
import { parseDuration, parseRate, type Rate } from '../core/units.ts';
import { type Format, formats } from '../offline/read.ts';
import { type Call, Stop } from './command.ts';

/** What `figway compare replay` was told, checked. */
export interface ReplayOptions {
  readonly recording: string;
  readonly legacy: SideOptions;
  readonly service: SideOptions;
  readonly route: string | undefined;
  readonly format: Format | undefined;
  /** Lower case. */
  readonly host: string | undefined;
  readonly writes: boolean;
  readonly pace: { readonly concurrency: number; readonly rate: Rate | undefined; readonly timeout: number };
  readonly seed: string;
  /** Percent; undefined: that of the route. */
  readonly maxMismatch: number | undefined;
  readonly keep: 'values' | 'differences' | 'shapes';
  readonly html: string | undefined;
  readonly junit: string | undefined;
}

export interface SideOptions {
  readonly url: URL;
  /** Flat raw pairs. */
  readonly fields: readonly string[];
}

const kept = ['values', 'differences', 'shapes'] as const;

/** Throws a Stop (exit 3) that names option, bound and value. */
export function readReplayOptions({ args, options }: Call): ReplayOptions {
  const both = options.list('header');
  const sideOf = (side: 'legacy' | 'service'): SideOptions => ({
    url: toUrl(`--${side}`, options.text(side)),
    fields: toFields([...options.list(`${side}Header`)], both),
  });
  return {
    recording: args[0] as string,
    legacy: sideOf('legacy'),
    service: sideOf('service'),
    route: options.text('route'),
    format: oneOf('--format', options.text('format'), formats),
    host: options.text('host')?.toLowerCase(),
    writes: options.flag('writes'),
    pace: {
      concurrency: options.whole('concurrency', 1, 256) ?? 4,
      rate: toRate(options.text('rate')),
      timeout: toTimeout(options.duration('timeout')),
    },
    seed: options.text('seed') ?? randomBytes(6).toString('hex'),
    maxMismatch: options.percent('maxMismatch'),
    keep: oneOf('--keep', options.text('keep'), kept) ?? 'values',
    html: options.text('html'),
    junit: options.text('junit'),
  };
}

function toUrl(flag: string, given: string | undefined): URL {
  if (given === undefined) throw new Stop(3, `${flag}: expected an address such as http://127.0.0.1:4000`);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isGood =
    url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isGood || url.search !== '' || url.hash !== '')
    throw new Stop(
      3,
      `${flag}: expected an address such as http://127.0.0.1:4000, without user or query, got ${JSON.stringify(withoutUser(given))}`,
    );
  return url;
}

/** What stands before an @ may be a password. */
const withoutUser = (url: string): string => url.replace(/\/\/[^/@]*@/, '//***@');

/** A field of one side stands in the place of one of the same name for both. */
function toFields(own: readonly string[], both: readonly string[]): string[] {
  const owned = own.map(text => toField(text));
  const names = new Set(owned.map(([name]) => name.toLowerCase()));
  const shared = both.map(text => toField(text)).filter(([name]) => !names.has(name.toLowerCase()));
  return [...shared, ...owned].flat();
}

/** The value may be a credential, so a message never quotes it. */
function toField(text: string): [name: string, value: string] {
  const colon = text.indexOf(':');
  const [name, value] = [text.slice(0, Math.max(0, colon)).trim(), text.slice(colon + 1).trim()];
  if (!isToken(name) || !isFieldValue(value))
    throw new Stop(3, '--header: expected a field such as `accept: application/json`');
  if (/^(?:content-length|transfer-encoding|connection|upgrade|te|trailer|expect)$/i.test(name))
    throw new Stop(3, `--header: ${name} is set by what is sent`);
  return [name, value];
}

function oneOf<const Value extends string>(
  flag: string,
  given: string | undefined,
  values: readonly Value[],
): Value | undefined {
  const found = values.find(value => value === given);
  if (given !== undefined && found === undefined)
    throw new Stop(3, `${flag}: expected one of ${values.join(', ')}, got ${JSON.stringify(given)}`);
  return found;
}

function toRate(given: string | undefined): Rate | undefined {
  if (given === undefined) return undefined;
  const rate = parseRate(given);
  if (rate === undefined || rate.requests < 1 || !(rate.window > 0))
    throw new Stop(3, `--rate: expected a rate such as 20/1s, got ${JSON.stringify(given)}`);
  return rate;
}

function toTimeout(given: string | undefined): number {
  const ms = given === undefined ? 30_000 : (parseDuration(given) ?? Number.NaN);
  if (!(ms >= 100 && ms <= 600_000)) throw new Stop(3, `--timeout: expected 100ms to 10m, got ${given}`);
  return ms;
}
