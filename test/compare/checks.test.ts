import { describe, expect, it } from 'vitest';
import { checkRules } from '../../gateway/compare/checks.ts';
import { isFault, parsePath } from '../../gateway/compare/pattern.ts';
import { compileRules } from '../../gateway/compare/rules.ts';
import { compareDefaults } from '../../gateway/compare/schema.ts';
import { ownOrigins } from '../kit/answers.ts';
import { errorsOf, loadTexts } from '../kit/config.ts';

const head = `monolith: legacy
upstreams: { legacy: { url: http://127.0.0.1:4000 }, orders: { url: http://127.0.0.1:4101 } }
routes:
  orders:
    match: [GET /orders]
    service: orders
    stage: shadow
    compare:
`;

const errorsIn = async (compare: string): Promise<string[]> =>
  errorsOf(await loadTexts({ 'routes.yaml': `${head}      ${compare}\n` }));

describe('a bad rule is a problem of the config, with its place', () => {
  it.each([
    [
      'ignore: [{ path: "$.a[", reason: x }]',
      'routes.yaml:9:24 error routes.orders.compare.ignore[0].path: ',
    ],
    [
      'ignore: [{ path: "$.a b", reason: x }]',
      `9:24 error routes.orders.compare.ignore[0].path: expected .name, ['name'], [n], [*] or ..name after $.a, got " b"`,
    ],
    [
      'ignore: [{ path: items, reason: x }]',
      'expected a path such as $.a.b, $.items[*].id or html>body>h1, got "items"',
    ],
    ['ignore: [{ path: "header:etag", reason: x }]', 'got "header:etag"'],
    [
      'ignore: [{ path: $.a, match: "(", reason: x }]',
      '9:36 error routes.orders.compare.ignore[0].match: expected a regular expression',
    ],
    [
      'ignore: [{ headerPattern: "[", reason: x }]',
      '9:33 error routes.orders.compare.ignore[0].headerPattern: ',
    ],
    [
      'ignore: [{ path: $.a, header: b, reason: x }]',
      'expected exactly one of path, header and headerPattern, got 2',
    ],
    [
      'ignore: [{ path: $.a, match: x, kind: added, reason: x }]',
      'expected kind value beside match, got added',
    ],
    ['ignore: [{ path: $.a }]', 'routes.orders.compare.ignore[0].reason: expected a reason, got nothing'],
    ['ignore: [{ path: $.a, reason: x, expires: soon }]', 'expected a date such as 2026-11-01, got "soon"'],
    ['unordered: ["$.a[?(@.b)]"]', '9:19 error routes.orders.compare.unordered[0]: '],
    ['keyed: { "$..": sku }', '9:16 error routes.orders.compare.keyed["$.."]: '],
    [
      'tolerance: [{ path: $.a, reason: x }]',
      'routes.orders.compare.tolerance[0]: expected abs or rel, got neither',
    ],
    [
      'types: [{ path: $.a, type: time }]',
      'routes.orders.compare.types[0].type: expected one of timestamp, epoch, uuid',
    ],
    [
      'types: [{ path: $.a, type: uuid, tolerance: 1s }]',
      'expected it beside type timestamp or epoch, got type uuid',
    ],
    ['allowAdded: [meta]', 'routes.orders.compare.allowAdded[0]: '],
    ['embeddedJson: ["$."]', 'routes.orders.compare.embeddedJson[0]: '],
    ['redact: [email]', 'routes.orders.compare.redact[0]: '],
    [
      'hosts: { legacy: ["shop/x"] }',
      'routes.orders.compare.hosts.legacy[0]: expected a host, with or without a port, got "shop/x"',
    ],
  ])('%s', async (compare, message) => {
    expect((await errorsIn(compare)).join('\n')).toContain(message);
  });

  it('and good ones are none', async () => {
    const good = `{ ignore: [{ path: "$..a['b c'][0][*]", match: x, kind: value, reason: x, expires: 2027-01-01 }, { header: etag, reason: x }],
        unordered: ["$", "html>>ul[*]>li"], keyed: { $.lines: sku }, tolerance: [{ path: $.a, rel: 0.1, reason: x }],
        types: [{ path: $.t, type: timestamp, tolerance: 1s }], allowAdded: true, embeddedJson: [$.p], redact: ["header:x-a", $.b],
        hosts: { legacy: [shop.example.com, "[::1]:8080"], service: [http://orders.internal] } }`;
    expect(
      await errorsOf(await loadTexts({ 'routes.yaml': head.replace(/compare:\n$/, `compare: ${good}\n`) })),
    ).toEqual([]);
  });

  it('is a wrong call where somebody compiles it nonetheless', () => {
    const bad = { ...compareDefaults(), unordered: ['items'] };
    expect([...checkRules(bad, [])]).toHaveLength(1);
    expect(() => compileRules(bad, { origins: ownOrigins, now: 0 })).toThrow(TypeError);
  });
});

describe('a path', () => {
  it.each([
    '$',
    '$.a.b',
    "$['a.b']['it\\'s']",
    '$["a"]',
    '$[0][*]',
    '$.*',
    '$..a',
    '$..*',
    '$..[*]',
    '$.created-at',
    '$.größe',
    'html>body>div[0]>h1@class',
    'feed>entry[*]>{urn:1}id',
    '>>input@value',
    '@id',
  ])('%s is read', path => {
    expect(parsePath(path)).toMatchObject({ text: path });
  });

  it.each([
    '',
    'a',
    '$a',
    '$.',
    '$[',
    '$[-1]',
    '$[1:2]',
    "$['a]",
    '$.a..',
    '$ .a',
    'a>b c',
    'a@b>c',
    'html>',
    'a[x]>b',
  ])('%j is none', path => {
    expect(isFault(parsePath(path))).toBe(true);
  });

  it('has at most 64 segments', () => {
    expect(isFault(parsePath(`$${'.a'.repeat(64)}`))).toBe(false);
    expect(parsePath(`$${'.a'.repeat(65)}`)).toEqual({ fault: 'expected at most 64 segments, got 65' });
  });
});
