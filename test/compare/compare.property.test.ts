import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../gateway/compare/comparison.ts';
import { answer, compared, placesOf, rulesOf } from '../kit/answers.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Names that objects inherit, that paths must quote, and that look like ids. */
const name = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'a',
    'b',
    'id',
    "it's",
    '',
    'odd key',
    '2026-11-26',
    '[0]',
  ),
  fc.string({ maxLength: 6 }),
);
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const json = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 5 })
      .map(entries => Object.fromEntries(new Map(entries)) as { [name: string]: Json }),
  ),
})).value;

/** JSON text with members in another order and white space anywhere, by what `draw` gives. */
function spell(value: Json, draw: () => number): string {
  const space = (): string => ['', '', ' ', '\n', '\t '][draw() % 5] as string;
  if (Array.isArray(value))
    return `[${space()}${value.map(item => spell(item, draw)).join(`${space()},`)}${space()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, inner]) => ({ at: draw(), key, inner }));
  const texts = members
    .sort((a, b) => a.at - b.at)
    .map(({ key, inner }) => `${space()}${JSON.stringify(key)}${space()}:${space()}${spell(inner, draw)}`);
  return `{${texts.join(',')}${space()}}`;
}

const drawn = fc.infiniteStream(fc.nat(1000)).map(stream => () => Number(stream.next().value));

/** All places of a tree, as the ways to them. */
function* placesIn(value: Json, way: (string | number)[] = []): Generator<(string | number)[]> {
  yield way;
  if (typeof value !== 'object' || value === null) return;
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  for (const [step, inner] of entries) yield* placesIn(inner, [...way, step]);
}

/** A copy with another value at one place. */
function replaced(value: Json, way: readonly (string | number)[], by: (old: Json) => Json): Json {
  const [step, ...rest] = way;
  if (step === undefined) return by(value);
  if (Array.isArray(value))
    return value.map((item, index) => (index === step ? replaced(item, rest, by) : item));
  return Object.fromEntries(
    Object.entries(value as Record<string, Json>).map(([key, inner]) => [
      key,
      key === step ? replaced(inner, rest, by) : inner,
    ]),
  );
}

/** The way as the contract writes it, made here in another manner than the code does. */
const written = (way: readonly (string | number)[]): string =>
  way.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`;
    if (/^[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$/.test(step)) return `${path}.${step}`;
    const quoted = [...step].map(each => {
      if (each === "'" || each === '\\') return `\\${each}`;
      const code = each.charCodeAt(0);
      return code < 32 || code === 127 ? `\\u${code.toString(16).padStart(4, '0')}` : each;
    });
    return `${path}['${quoted.join('')}']`;
  }, '$');

const ofTexts = (legacy: string, service: string, rules: object = {}): Comparison =>
  compared(answer(legacy), answer(service), rules);

/** An own marker: no generated value is it. */
const marker = { changed: 'by this test' };

describe('comparing', () => {
  it('finds no difference between a value and another spelling of it', () => {
    fc.assert(
      fc.property(json, drawn, (value, draw) => {
        expect(ofTexts(JSON.stringify(value), spell(value, draw))).toMatchObject({
          outcome: 'match',
          differences: [],
        });
      }),
    );
  });

  it('finds a single change at its place, whatever it is', () => {
    fc.assert(
      fc.property(json, drawn, (value, draw) => {
        const places = [...placesIn(value)];
        const way = places[draw() % places.length] as (string | number)[];
        const other = replaced(value, way, () => marker);
        const found = placesOf(ofTexts(spell(value, draw), spell(other, draw)));
        expect(found.length).toBeGreaterThan(0);
        for (const place of found) expect(place.startsWith(written(way))).toBe(true);
      }),
    );
  });

  it('finds a member that is missing or new, at its place', () => {
    fc.assert(
      fc.property(json, name, drawn, (value, added, draw) => {
        const objects = [...placesIn(value)].filter(way => {
          const there = way.reduce<Json>((at, step) => (at as { [name: string]: Json })[step] as Json, value);
          return (
            typeof there === 'object' &&
            there !== null &&
            !Array.isArray(there) &&
            !Object.hasOwn(there, added)
          );
        });
        fc.pre(objects.length > 0);
        const way = objects[draw() % objects.length] as (string | number)[];
        const other = replaced(value, way, old =>
          Object.fromEntries([...Object.entries(old as object), [added, null]]),
        );
        const place = written([...way, added]);
        expect(placesOf(ofTexts(JSON.stringify(value), spell(other, draw)))).toEqual([`${place} added`]);
        expect(placesOf(ofTexts(spell(other, draw), JSON.stringify(value)))).toEqual([`${place} removed`]);
      }),
    );
  });

  const mirrored: Readonly<Record<string, string>> = { added: 'removed', removed: 'added' };
  const sides = ({ differences, outcome }: Comparison, isMirrored: boolean) => ({
    outcome,
    places: differences
      .map(({ path, kind, classes }) =>
        isMirrored
          ? `${path} ${mirrored[kind] ?? kind} ${classes.service} ${classes.legacy}`
          : `${path} ${kind} ${classes.legacy} ${classes.service}`,
      )
      .sort(),
  });

  it('is symmetric: the sides the other way round differ in the same places', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
        expect(sides(ofTexts(a, b), false)).toEqual(sides(ofTexts(b, a), true));
      }),
    );
  });

  it('takes a list in any order for the same where it is unordered, and only there', () => {
    fc.assert(
      fc.property(fc.array(json, { maxLength: 8 }), drawn, (items, draw) => {
        const shuffled = items
          .map(item => ({ at: draw(), item }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item);
        const [legacy, service] = [JSON.stringify(items), spell(shuffled, draw)];
        expect(ofTexts(legacy, service, { unordered: ['$'] }).outcome).not.toBe('mismatch');
        const places = placesOf(ofTexts(legacy, service));
        expect(places.length === 0 || places[0] === '$ order').toBe(true);
        const more = spell([...shuffled, marker], draw);
        expect(ofTexts(legacy, more, { unordered: ['$'] }).outcome).toBe('mismatch');
      }),
    );
  });

  const paths = ['$', '$.a', '$.b', '$..a', '$..id', '$[*]', '$.a[*]', '$.a.b', "$['odd key']", '$..*'];
  const path = fc.constantFrom(...paths);
  const rules = fc.record({
    ignore: fc.array(
      fc.record(
        { path, kind: fc.constantFrom('added', 'removed', 'value'), match: fc.constantFrom('^1', 'a', '') },
        { requiredKeys: ['path'] },
      ),
      { maxLength: 4 },
    ),
    unordered: fc.array(path, { maxLength: 3 }),
    tolerance: fc.array(fc.record({ path, abs: fc.constantFrom(0, 1, 1000) }), { maxLength: 3 }),
    types: fc.array(fc.record({ path, type: fc.constantFrom('text', 'number', 'digits', 'timestamp') }), {
      maxLength: 3,
    }),
    allowAdded: fc.array(path, { maxLength: 2 }),
    embeddedJson: fc.array(path, { maxLength: 2 }),
  });

  it('does not depend on the order of rules', () => {
    fc.assert(
      fc.property(json, json, rules, (one, other, given) => {
        const wellFormed = {
          ...given,
          ignore: given.ignore.map(({ match, ...rule }) => (match ? { ...rule, match } : rule)),
        };
        const turned = Object.fromEntries(
          Object.entries(wellFormed).map(([key, list]) => [key, (list as unknown[]).toReversed()]),
        );
        const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
        expect(ofTexts(a, b, turned)).toEqual(ofTexts(a, b, wellFormed));
        expect(rulesOf(turned).hash).toBe(rulesOf(wellFormed).hash);
      }),
    );
  });

  it('never makes equal answers different by a rule', () => {
    fc.assert(
      fc.property(json, rules, drawn, (value, given, draw) => {
        const ignore = given.ignore.map(({ match, ...rule }) => (match ? { ...rule, match } : rule));
        expect(ofTexts(JSON.stringify(value), spell(value, draw), { ...given, ignore }).outcome).toBe(
          'match',
        );
      }),
    );
  });

  it('tells decimals apart exactly', () => {
    const digits = fc.stringMatching(/^[1-9][0-9]{0,24}$/);
    const decimal = fc.tuple(digits, fc.integer({ min: -40, max: 40 }));
    const toText = ([text, power]: readonly [string, number], zeros: number): string =>
      `${text}${'0'.repeat(zeros)}e${power - zeros}`;
    fc.assert(
      fc.property(decimal, decimal, fc.nat(30), (one, other, zeros) => {
        const value = ([text, power]: readonly [string, number]): bigint =>
          BigInt(text) * 10n ** BigInt(power + 40);
        const isSame = value(one) === value(other);
        expect(ofTexts(toText(one, 0), toText(other, zeros)).outcome).toBe(isSame ? 'match' : 'mismatch');
        expect(ofTexts(toText(one, 0), toText(one, zeros)).outcome).toBe('match');
      }),
    );
  });

  it('throws for no body whatever', () => {
    const type = fc.constantFrom(
      'application/json',
      'application/x-ndjson',
      'text/html',
      'text/xml',
      'text/plain; charset=utf-16',
      'application/x-www-form-urlencoded',
      'a',
      '',
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .string({ unit: fc.constantFrom(...'{}[]",:0123456789eE.-+\\u<>/="\'!&;# \nabtrflsn') })
        .map(text => Buffer.from(text)),
    );
    const coding = fc.constantFrom('', 'gzip', 'br', 'deflate', 'zstd', 'gzip, br', 'x');
    fc.assert(
      fc.property(body, body, type, type, coding, (one, other, typeA, typeB, encoding) => {
        const fields = encoding === '' ? [] : ['content-encoding', encoding];
        const legacy = answer(one, { type: typeA, fields });
        const service = answer(other, { type: typeB, fields });
        const found = compared(legacy, service);
        expect(found.outcome === 'match').toBe(found.differences.length === 0);
        expect(compared(legacy, legacy).outcome).toBe('match');
      }),
      { numRuns: 500 },
    );
  });
});
