import type { Finding, KeyPath } from '../config/problem.ts';
import { isFault, parsePath } from './pattern.ts';
import { isFieldPath } from './rules.ts';
import type { CompareConfig, RulesConfig } from './schema.ts';

interface CompareParts {
  readonly routes: Readonly<Record<string, { readonly compare?: CompareConfig | undefined }>>;
}

/** Rules of comparison can be followed. */
export function* checkCompare({ routes }: CompareParts): Generator<Finding> {
  for (const [name, { compare }] of Object.entries(routes))
    if (compare !== undefined) {
      const path = ['routes', name, 'compare'];
      yield* checkWrites(compare, path);
      yield* checkRules(compare, path);
    }
}

function* checkWrites({ writes }: CompareConfig, path: KeyPath): Generator<Finding> {
  if (writes?.isolated === true && (typeof writes.reason !== 'string' || writes.reason.trim() === ''))
    yield bad([...path, 'writes', 'isolated'], 'expected a reason beside isolated: true, got none');
}

/** What `compileRules` would not take; also used for the rules beside recorded pairs. */
export function* checkRules(rules: RulesConfig, path: KeyPath): Generator<Finding> {
  for (const [index, rule] of rules.ignore.entries()) yield* checkIgnore(rule, [...path, 'ignore', index]);
  for (const [key, paths] of Object.entries(listedPaths(rules)))
    for (const [index, each] of paths.entries()) yield* checkPath(each, [...path, key, index]);
  for (const key of Object.keys(rules.keyed))
    for (const finding of checkPath(key, [...path, 'keyed', key])) yield { ...finding, atKey: true };
  for (const [index, { path: at, abs, rel }] of rules.tolerance.entries()) {
    yield* checkPath(at, [...path, 'tolerance', index, 'path']);
    if (abs === undefined && rel === undefined)
      yield bad([...path, 'tolerance', index], 'expected abs or rel, got neither');
  }
  for (const [index, { path: at, type, tolerance }] of rules.types.entries()) {
    yield* checkPath(at, [...path, 'types', index, 'path']);
    if (tolerance !== undefined && type !== 'timestamp' && type !== 'epoch')
      yield bad(
        [...path, 'types', index, 'tolerance'],
        `expected it beside type timestamp or epoch, got type ${type}`,
      );
  }
  for (const side of ['legacy', 'service'] as const)
    for (const [index, name] of (rules.hosts?.[side] ?? []).entries())
      if (!host.test(name))
        yield bad(
          [...path, 'hosts', side, index],
          `expected a host, with or without a port, got ${JSON.stringify(name)}`,
        );
}

const host = /^(?:https?:\/\/)?(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/;

const listedPaths = ({ unordered, allowAdded, embeddedJson, redact }: RulesConfig) => ({
  unordered,
  embeddedJson,
  allowAdded: allowAdded === true ? [] : allowAdded,
  redact: redact.filter(path => !isFieldPath(path)),
});

function* checkIgnore(rule: RulesConfig['ignore'][number], at: KeyPath): Generator<Finding> {
  const named = [rule.path, rule.header, rule.headerPattern].filter(each => each !== undefined).length;
  if (named !== 1)
    yield bad(at, `expected exactly one of path, header and headerPattern, got ${named || 'none'}`);
  if (rule.path !== undefined) yield* checkPath(rule.path, [...at, 'path']);
  for (const key of ['headerPattern', 'match'] as const) {
    const fault = faultOf(rule[key]);
    if (fault !== undefined) yield bad([...at, key], `expected a regular expression, got ${fault}`);
  }
  if (rule.match !== undefined && rule.kind !== undefined && rule.kind !== 'value')
    yield bad([...at, 'kind'], `expected kind value beside match, got ${rule.kind}`);
}

function* checkPath(path: string, at: KeyPath): Generator<Finding> {
  const read = parsePath(path);
  if (isFault(read)) yield bad(at, read.fault);
}

const bad = (path: KeyPath, message: string): Finding => ({
  ...{ severity: 'error', code: 'bad-value', path, message },
});

function faultOf(pattern: string | undefined): string | undefined {
  if (pattern === undefined) return undefined;
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : pattern;
  }
}
