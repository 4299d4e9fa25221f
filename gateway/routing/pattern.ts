import type { MatchEntry } from './route.ts';
import type { MatchEntryConfig } from './schema.ts';
import { splitPath } from './segments.ts';

/** One place of a pattern: a literal, `:name` for one segment, or a final `*` for the rest. */
export type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'rest' };

/** What is wrong with something written in routes.yaml, and under which key of it. */
export interface Malformed {
  readonly problem: string;
  readonly at: readonly string[];
}

export const isMalformed = (value: object): value is Malformed => 'problem' in value;

const methodPattern = /^[A-Z][A-Z-]*$/;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const fieldPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** `GET /orders/:id`, `GET,HEAD /orders`, `/orders/*`, or the long form; methods, hosts and field names are normalised. */
export function parseMatch(config: MatchEntryConfig): MatchEntry | Malformed {
  if (typeof config !== 'string') return parseLongForm(config);
  const at = config.indexOf(' ');
  const pattern = at === -1 ? config : config.slice(at + 1).trim();
  const methods = at === -1 ? undefined : config.slice(0, at).split(',');
  return checked(
    { text: config, pattern, methods, host: undefined, headers: [], query: [] },
    { path: [], method: [] },
  );
}

function parseLongForm(config: Exclude<MatchEntryConfig, string>): MatchEntry | Malformed {
  const host = config.host?.toLowerCase();
  if (host !== undefined && !/^(\[[0-9a-f:.]+\]|[^\s:/?#[\]*]+)$/.test(host)) {
    return { problem: `expected a host name without scheme, port or *, got ${config.host}`, at: ['host'] };
  }
  for (const name of Object.keys(config.headers ?? {})) {
    if (!fieldPattern.test(name)) return { problem: `${name} is not a header name`, at: ['headers', name] };
  }
  const headers = Object.entries(config.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const query = Object.entries(config.query ?? {});
  const conditions = [
    ...(host === undefined ? [] : [`host=${host}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...query.map(([name, value]) => `?${name}=${value}`),
  ];
  const text = [config.method?.join(','), config.path, ...conditions].filter(Boolean).join(' ');
  return checked(
    { text, pattern: config.path, methods: config.method, host, headers, query },
    { path: ['path'], method: ['method'] },
  );
}

function checked(
  entry: MatchEntry,
  at: { readonly path: readonly string[]; readonly method: readonly string[] },
): MatchEntry | Malformed {
  for (const method of entry.methods ?? []) {
    if (!methodPattern.test(method)) {
      return {
        problem: `expected a method in capitals such as GET, got ${JSON.stringify(method)}`,
        at: at.method,
      };
    }
  }
  const parts = parsePattern(entry.pattern);
  return isMalformed(parts) ? { problem: parts.problem, at: at.path } : entry;
}

/** The places of a pattern, in order. `/orders/` ends in an empty literal. */
export function parsePattern(pattern: string): readonly Part[] | Malformed {
  const wrong = (problem: string): Malformed => ({ problem, at: [] });
  if (!pattern.startsWith('/')) return wrong(`a path begins with a slash, got ${JSON.stringify(pattern)}`);
  const foreign = /[?#\\\s\x00-\x1f\x7f]/.exec(pattern);
  if (foreign !== null) {
    const hint = foreign[0] === '?' ? '; conditions on the query go into `query:`' : '';
    return wrong(`${JSON.stringify(foreign[0])} is not allowed in the path ${pattern}${hint}`);
  }
  const triplet = /%[0-9A-Fa-f]{2}/.exec(pattern);
  if (triplet !== null) {
    return wrong(
      `the path ${pattern} is matched after decoding: write ${triplet[0]} as the character itself`,
    );
  }
  const parts: Part[] = [];
  const names = new Set<string>();
  const segments = splitPath(pattern);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '' && !isLast) return wrong(`the path ${pattern} has an empty segment`);
    if (/^\.\.?(;|$)/.test(segment)) return wrong(`the path ${pattern} has the dot segment ${segment}`);
    if (segment.includes('*')) {
      if (segment !== '*' || !isLast) return wrong(`* stands alone and last in a path, got ${pattern}`);
      parts.push({ kind: 'rest' });
    } else if (segment.startsWith(':')) {
      const name = segment.slice(1);
      if (!namePattern.test(name)) return wrong(`${segment} in ${pattern} is not a name such as :id`);
      if (names.has(name)) return wrong(`${segment} stands twice in ${pattern}`);
      names.add(name);
      parts.push({ kind: 'name', name });
    } else {
      parts.push({ kind: 'literal', text: segment });
    }
  }
  return parts;
}

/** The places of a pattern that was checked before. @throws TypeError if it was not. */
export function partsOf(pattern: string): readonly Part[] {
  const parts = parsePattern(pattern);
  if (isMalformed(parts)) throw new TypeError(parts.problem);
  return parts;
}

/** One match entry that was checked before. @throws TypeError if it was not. */
export function matchOf(config: MatchEntryConfig): MatchEntry {
  const entry = parseMatch(config);
  if (isMalformed(entry)) throw new TypeError(entry.problem);
  return entry;
}
