import { createHmac } from 'node:crypto';
import type { RequestFacts } from './route.ts';
import type { MatchEntryConfig, RoutingConfig } from './schema.ts';
import { parseTarget } from './target.ts';

/** Digits of a value's hash: enough to tell values apart, and useless without the key. */
const hashLength = 16;
/** Query parameters that are looked at; longer names are cut. */
const mostParameters = 20;
const longestName = 64;

/** Hides values that must not be kept; the same value has the same hash under the same key. */
export type HashValue = (value: string) => string;

export const createHashValue =
  (key: string): HashValue =>
  value =>
    createHmac('sha256', key).update(value).digest('hex').slice(0, hashLength);

/**
 * A request as far as a table of routes looks at it, in one text: method, `preflight` or nothing, host, path, query and
 * fields, divided by tabs. Values of the query and of fields are hashed.
 */
export function toRequestLine(
  { method, isPreflight, host, target, headers }: RequestFacts,
  fields: Iterable<string>,
  hash: HashValue,
): string {
  const parts = [
    method,
    isPreflight === true ? 'preflight' : '',
    host,
    target.path,
    hashQuery(target.query, hash),
  ];
  for (const name of fields) {
    const value = headers[name];
    if (typeof value === 'string') parts.push(`${name}=${hash(value)}`);
  }
  return parts.join('\t');
}

function hashQuery(query: string, hash: HashValue): string {
  if (query.length < 2) return '';
  const hashed = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) {
    if (hashed.size >= mostParameters) break;
    if (name.length <= longestName && !hashed.has(name)) hashed.append(name, hash(value));
  }
  return hashed.size === 0 ? '' : `?${hashed}`;
}

export function readRequestLine(line: string): RequestFacts {
  const [method = 'GET', preflight, host = '', path = '/', query = '', ...fields] = line.split('\t');
  return {
    method,
    isPreflight: preflight === 'preflight',
    host,
    target: parseTarget(path + query),
    headers: Object.fromEntries(
      fields.map(field => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
    ),
  };
}

/** The same routes, matching such lines: the values of their conditions are hashed too. */
export function hashConditions(config: RoutingConfig, hash: HashValue): RoutingConfig {
  const hashAll = (values: Readonly<Record<string, string>> | undefined) =>
    values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hash(value)]));
  const hashEntry = (entry: MatchEntryConfig): MatchEntryConfig => {
    if (typeof entry === 'string' || (entry.query === undefined && entry.headers === undefined)) return entry;
    const { query, headers, ...rest } = entry;
    return {
      ...rest,
      ...(query === undefined ? {} : { query: hashAll(query) }),
      ...(headers === undefined ? {} : { headers: hashAll(headers) }),
    };
  };
  const routes = Object.entries(config.routes).map(([name, route]) => [
    name,
    { ...route, match: route.match.map(hashEntry) },
  ]);
  return { paths: config.paths, cohorts: config.cohorts, routes: Object.fromEntries(routes) };
}

/** Names of the fields that some route matches on. */
export const matchedFields = (
  routes: Iterable<{
    readonly entries: readonly { readonly headers: readonly (readonly [string, string])[] }[];
  }>,
): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { entries } of routes)
    for (const { headers } of entries) for (const [name] of headers) names.add(name);
  return names;
};
