import { describe, expect, it } from 'vitest';
import { answer, compared, inJson, placesOf, rulesOf } from '../kit/answers.ts';

describe('ignore', () => {
  it('covers a whole subtree, presence included, and says by which rule', () => {
    const rules = { ignore: [{ path: '$.meta', reason: 'clock' }] };
    expect(inJson('{"meta":{"at":1,"x":[1]}}', '{"meta":{"at":2,"x":[1,2]}}', rules)).toEqual([
      '$.meta.at value, ignore $.meta: clock',
      '$.meta.x[1] added, ignore $.meta: clock',
    ]);
    expect(inJson('{"meta":1}', '{}', rules)).toEqual(['$.meta removed, ignore $.meta: clock']);
  });

  it('goes by segments, never by substring', () => {
    expect(inJson('{"metadata":1}', '{"metadata":2}', { ignore: [{ path: '$.meta' }] })).toEqual([
      '$.metadata value',
    ]);
    expect(inJson('{"a":[1,[2]]}', '{"a":[9,[8]]}', { ignore: [{ path: '$.a[0]' }] })).toEqual([
      '$.a[1][0] value',
    ]);
  });

  it('with match covers only a scalar of the same type whose service value matches', () => {
    const rules = { ignore: [{ path: '$.v', match: '^2\\.' }] };
    expect(inJson('{"v":"1.0"}', '{"v":"2.0"}', rules)).toEqual(['$.v value, ignore $.v']);
    expect(inJson('{"v":"1.0"}', '{"v":"3.0"}', rules)).toEqual(['$.v value']);
    expect(inJson('{"v":"1.0"}', '{"v":2.0}', rules)).toEqual(['$.v type']);
    expect(inJson('{"v":"1.0"}', '{}', rules)).toEqual(['$.v removed']);
    expect(inJson('{}', '{"v":"2.0"}', rules)).toEqual(['$.v added']);
    expect(inJson('{"v":["1"]}', '{"v":["1","2."]}', rules)).toEqual(['$.v[1] added']);
    expect(inJson('{"v":["1","x"]}', '{"v":["2.","x"]}', rules)).toEqual(['$.v[0] value, ignore $.v']);
  });

  it('with kind covers only that kind', () => {
    const rules = {
      ignore: [
        { path: '$.a', kind: 'added' },
        { path: '$.b', kind: 'value' },
      ],
    };
    expect(inJson('{"b":1}', '{"a":1,"b":2}', rules)).toEqual([
      '$.b value, ignore $.b',
      '$.a added, ignore $.a',
    ]);
    expect(inJson('{"a":1,"b":1}', '{"b":"1"}', rules)).toEqual(['$.a removed', '$.b type']);
  });

  it('the most specific path wins, in whatever order', () => {
    const ignore = [{ path: '$.meta' }, { path: '$.meta.version', match: '^2' }];
    for (const rules of [{ ignore }, { ignore: ignore.toReversed() }]) {
      expect(inJson('{"meta":{"version":"1","at":1}}', '{"meta":{"version":"3","at":2}}', rules)).toEqual([
        '$.meta.version value',
      ]);
      expect(inJson('{"meta":{"version":"1"}}', '{"meta":{"version":"2"}}', rules)).toEqual([
        '$.meta.version value, ignore $.meta.version',
      ]);
    }
  });

  it.each([
    ['$.a.b', '$.a[*]'],
    ['$.a[*]', '$..b'],
    ['$.a.b', '$.a'],
    ["$['a'].b", '$..*'],
  ])('%s is more specific than %s', (specific, broad) => {
    const rules = { ignore: [{ path: specific, match: '^never$' }, { path: broad }] };
    expect(inJson('{"a":{"b":"x"}}', '{"a":{"b":"y"}}', rules)).toEqual(['$.a.b value']);
  });

  it('is void once it has expired: a date lasts until its end', () => {
    const { value } = {
      value: {
        ignore: [
          { path: '$.a', expires: '2026-11-26' },
          { path: '$.b', expires: '2027-01-01T12:00Z' },
        ],
      },
    };
    const end = Date.UTC(2026, 10, 27);
    const [before, after] = [rulesOf(value, end - 1), rulesOf(value, end)];
    expect(before.validUntil).toBe(end);
    expect(after.validUntil).toBe(Date.UTC(2027, 0, 1, 12));
    expect(before.hash).not.toBe(after.hash);
    const subject = { kind: 'value', legacy: 1, service: 2 } as const;
    expect([before, after].map(rules => rules.cover(['a'], subject).rule)).toEqual(['ignore $.a', undefined]);
  });

  it.each([
    [{ header: 'X-Served-In' }, 'ignore header x-served-in'],
    [{ headerPattern: '^x-served-' }, 'ignore headers ^x-served-'],
    [{ header: 'x-served-in', match: '^\\d+ms$' }, 'ignore header x-served-in'],
  ])('covers fields: %j', (rule, name) => {
    const served = (value: string) => answer('{}', { fields: ['X-Served-In', value] });
    expect(placesOf(compared(served('1ms'), served('2ms'), { ignore: [rule] }))).toEqual([
      `header:x-served-in header, ${name}`,
    ]);
  });

  it('of a header with match does not cover that it is missing', () => {
    const rules = { ignore: [{ header: 'x-served-in', match: '.' }] };
    expect(placesOf(compared(answer('{}', { fields: ['x-served-in', '1'] }), answer('{}'), rules))).toEqual([
      'header:x-served-in header',
    ]);
  });

  it.each([
    ['html>body>form>input@value', '1', '2'],
    ['html>body>form[0]>input[1]@value', '1', '2'],
    ['>>input@value', '1', '2'],
    ['html>*>form', '1', '2'],
  ])('covers places in markup: %s', (path, before, after) => {
    const page = (value: string) =>
      answer(`<html><body><form><input name=q><input name=n value=${value}></form></body></html>`, {
        type: 'text/html',
      });
    expect(placesOf(compared(page(before), page(after), { ignore: [{ path }] }))).toEqual([
      `html>body>form>input[1]@value value, ignore ${path}`,
    ]);
  });

  it.each(['html>body>form[1]', 'html>body>form>input[0]', 'html>form', 'body>form', 'html>*>input'])(
    'does not cover other places in markup: %s',
    path => {
      const page = (value: string) =>
        answer(`<html><body><form><input><input value=${value}></form></body></html>`, { type: 'text/html' });
      expect(compared(page('1'), page('2'), { ignore: [{ path }] }).outcome).toBe('mismatch');
    },
  );
});

describe('unordered', () => {
  const rules = { unordered: ['$.i'] };

  it('lets items come in any order, and says that they do', () => {
    expect(inJson('{"i":[1,2,[3,4]]}', '{"i":[[3,4],2,1]}', rules)).toEqual(['$.i order, unordered $.i']);
    expect(inJson('{"i":[1,1,2]}', '{"i":[1,1,2.0]}', rules)).toEqual([]);
  });

  it('is no set: how often an item comes counts', () => {
    expect(inJson('{"i":[1,1,2]}', '{"i":[1,2,2]}', rules)).toEqual(['$.i multiset']);
    expect(inJson('{"i":[1]}', '{"i":[1,1]}', rules)).toEqual(['$.i multiset']);
  });

  it('shows only the items that have no partner', () => {
    const { differences } = compared(answer('{"i":[1,2,3]}'), answer('{"i":[3,1,4]}'), rules);
    expect(differences).toMatchObject([{ path: '$.i', kind: 'multiset', legacy: [2], service: [4] }]);
  });

  it('is about that list alone', () => {
    expect(inJson('{"i":[[1,2]]}', '{"i":[[2,1]]}', rules)).toEqual(['$.i multiset']);
    expect(inJson('{"i":[[1,2],[3]]}', '{"i":[[3],[2,1]]}', { unordered: ['$.i', '$.i[*]'] })).toEqual([
      '$.i order, unordered $.i',
      '$.i[0] order, unordered $.i[*]',
    ]);
  });

  it('pairs items under the other rules', () => {
    const within = { ...rules, ignore: [{ path: '$.i[*].at' }] };
    expect(
      inJson('{"i":[{"id":1,"at":1},{"id":2,"at":2}]}', '{"i":[{"id":2,"at":3},{"id":1,"at":4}]}', within),
    ).toEqual([
      '$.i order, unordered $.i',
      '$.i[0].at value, ignore $.i[*].at',
      '$.i[1].at value, ignore $.i[*].at',
    ]);
  });

  it.each([
    ['an equal pair that has to be given up', '[1,2]', '[2,3]'],
    ['first come, first served leaves the last one alone', '[2,3,1]', '[2,1,4]'],
    ['a chain through all items', '[1,2,3,4,5,6]', '[2,3,4,5,6,7]'],
    ['the same the other way round', '[6,5,4,3,2,1]', '[7,6,5,4,3,2]'],
  ])('is not greedy: %s', (_, legacy, service) => {
    const within = { unordered: ['$'], tolerance: [{ path: '$[*]', abs: 1 }] };
    expect(compared(answer(legacy), answer(service), within).outcome).toBe('excused');
    expect(compared(answer(service), answer(legacy), within).outcome).toBe('excused');
  });

  it('is still different where no pairing of all items exists', () => {
    const within = { unordered: ['$'], tolerance: [{ path: '$[*]', abs: 1 }] };
    expect(inJson('[1,1,9]', '[2,3,9]', within)).toContain('$ multiset');
  });

  it('gives up pairing beyond 250,000 tries: then lists are different, not equal', () => {
    const list = (from: number) =>
      answer(JSON.stringify(Array.from({ length: 501 }, (_, index) => from + index * 10)));
    const within = { unordered: ['$'], tolerance: [{ path: '$[*]', abs: 1 }] };
    expect(placesOf(compared(list(0), list(1), within))).toEqual(['$ multiset']);
    const fewer = (from: number) =>
      answer(JSON.stringify(Array.from({ length: 400 }, (_, index) => from + index * 10)));
    expect(compared(fewer(0), fewer(1), within).outcome).toBe('excused');
  });
});

describe('keyed', () => {
  const rules = { keyed: { '$.lines': 'sku' } };
  const lines = (...items: unknown[]): string => JSON.stringify({ lines: items });

  it('pairs items by their field', () => {
    const legacy = lines({ sku: 'a', n: 1 }, { sku: 'b', n: 2 }, { sku: 'c', n: 3 });
    const service = lines({ sku: 'c', n: 3 }, { sku: 'b', n: 9 }, { sku: 'd', n: 4 });
    expect(inJson(legacy, service, rules)).toEqual([
      '$.lines[1].n value',
      '$.lines[0] removed',
      '$.lines[2] added',
    ]);
    expect(inJson(legacy, lines({ sku: 'b', n: 2 }, { sku: 'c', n: 3 }, { sku: 'a', n: 1 }), rules)).toEqual([
      '$.lines order, keyed $.lines by sku',
    ]);
  });

  it('tells keys apart by type and value', () => {
    expect(inJson(lines({ sku: 1 }), lines({ sku: '1' }), rules)).toEqual([
      '$.lines[0] removed',
      '$.lines[0] added',
    ]);
    expect(inJson(lines({ sku: 1, n: 1 }), '{"lines":[{"sku":1.0,"n":1}]}', rules)).toEqual([]);
  });

  it('never lets an item hide another: a repeated key makes the list unordered', () => {
    const legacy = lines({ sku: 'a', n: 1 }, { sku: 'a', n: 2 });
    expect(inJson(legacy, lines({ sku: 'a', n: 2 }), rules)).toEqual(['$.lines multiset']);
    expect(inJson(legacy, lines({ sku: 'a', n: 2 }, { sku: 'a', n: 1 }), rules)).toEqual([
      '$.lines order, keyed $.lines by sku',
    ]);
    expect(inJson(legacy, lines({ sku: 'a', n: 1 }, { sku: 'a', n: 3 }), rules)).toEqual([
      '$.lines multiset',
    ]);
  });

  it('does the same where a key is missing, null, inherited or not in an object', () => {
    for (const item of [{}, { sku: null }, ['sku'], 7])
      expect(inJson(lines(item, { sku: 'b' }), lines({ sku: 'b' }, item), rules)).toEqual([
        '$.lines order, keyed $.lines by sku',
      ]);
    expect(inJson(lines({ x: 1 }), lines({ x: 2 }), { keyed: { '$.lines': 'constructor' } })).toEqual([
      '$.lines multiset',
    ]);
  });

  it('wins over unordered of the same path', () => {
    const both = { ...rules, unordered: ['$.lines'] };
    expect(inJson(lines({ sku: 'a', n: 1 }), lines({ sku: 'a', n: 2 }), both)).toEqual([
      '$.lines[0].n value',
    ]);
  });
});

describe('tolerance', () => {
  it.each([
    ['abs', { abs: 0.01 }, '0.1', '0.11', true],
    ['abs, exactly on the bound where doubles are not', { abs: 0.1 }, '0.2', '0.3', true],
    ['abs, a little beyond', { abs: 0.01 }, '0.1', '0.1100000000000000001', false],
    ['abs of large integers', { abs: 1 }, '10765432100123456789', '10765432100123456790', true],
    ['abs of large integers, beyond', { abs: 1 }, '10765432100123456789', '10765432100123456791', false],
    ['rel', { rel: 0.01 }, '100', '101', true],
    ['rel, beyond', { rel: 0.01 }, '100', '101.0001', false],
    ['rel of a negative number', { rel: 0.01 }, '-100', '-99', true],
    ['rel of zero', { rel: 0.5 }, '0', '0.0001', false],
    ['either of both', { abs: 5, rel: 0 }, '100', '105', true],
    ['another sign', { abs: 1 }, '0.4', '-0.4', true],
    ['wild exponents', { abs: 1 }, '1e999999999', '1', false],
    ['wild exponents near zero', { abs: 1 }, '1e-999999999', '0', false],
    ['money as text', { abs: 0.01 }, '"12.50"', '"12.51"', true],
    ['text that is no number', { abs: 1 }, '"1 EUR"', '"2 EUR"', false],
    ['a number that became text', { abs: 1 }, '1', '"1"', false],
  ])('%s', (_, bound, legacy, service, isFine) => {
    const found = compared(answer(legacy), answer(service), { tolerance: [{ path: '$', ...bound }] });
    expect(found.outcome).toBe(isFine ? 'excused' : 'mismatch');
  });

  it('the most specific one counts, even where a broader one allows more', () => {
    const rules = {
      tolerance: [
        { path: '$..total', abs: 10 },
        { path: '$.total', abs: 1 },
      ],
    };
    expect(inJson('{"total":1,"a":{"total":1}}', '{"total":5,"a":{"total":5}}', rules)).toEqual([
      '$.total value',
    ]);
  });
});

describe('types', () => {
  it.each([
    ['timestamp', '"2026-11-26T05:00:00Z"', '"2026-11-26T06:00:01+01:00"'],
    ['timestamp', '"Thu, 26 Nov 2026 05:00:00 GMT"', '"2026-11-26 05:00:01"'],
    ['uuid', '"123e4567-e89b-12d3-a456-426614174000"', '"123e4567-e89b-12d3-a456-426614174001"'],
    ['epoch', '1764133200', '1764133201'],
    ['hex', '"cafe"', '"beef"'],
    ['digits', '"007"', '"008"'],
    ['email', '"a@example.com"', '"b@example.com"'],
    ['url', '"https://a.example/x"', '"https://b.example/x"'],
    ['number', '1', '10765432100123456789'],
    ['text', '"a"', '"b"'],
    ['jwt', '"eyJhbGciOi.eyJzdWIi.c2ln"', '"eyJhbGciOi.eyJzdWIi.c2lo"'],
  ])('%s covers two of them, and only them', (type, legacy, service) => {
    const rules = { types: [{ path: '$.x', type }] };
    expect(inJson(`{"x":${legacy}}`, `{"x":${service}}`, rules)).toEqual([`$.x value, types $.x ${type}`]);
    if (type !== 'text' && type !== 'number')
      expect(inJson('{"x":"one of"}', '{"x":"another"}', rules)).toEqual(['$.x format']);
    expect(inJson(`{"x":${legacy}}`, '{}', rules)).toEqual(['$.x removed']);
    expect(inJson(`{"x":${legacy}}`, '{"x":[]}', rules)).toEqual(['$.x type']);
  });

  it('with a tolerance covers two points in time that are near each other', () => {
    const rules = { types: [{ path: '$.x', type: 'timestamp', tolerance: '1s' }] };
    const at = (time: string) => `{"x":"2026-11-26T05:00:${time}Z"}`;
    expect(inJson(at('00'), at('01'), rules)).toEqual(['$.x value, types $.x timestamp']);
    expect(inJson(at('00'), at('01.001'), rules)).toEqual(['$.x value']);
    const epoch = { types: [{ path: '$.x', type: 'epoch', tolerance: '1s' }] };
    expect(inJson('{"x":1764133200}', '{"x":1764133201}', epoch)).toEqual(['$.x value, types $.x epoch']);
    expect(inJson('{"x":1764133200}', '{"x":1764133202}', epoch)).toEqual(['$.x value']);
    expect(inJson('{"x":1764133200000}', '{"x":1764133202000}', epoch)).toEqual(['$.x value']);
  });

  it('knows the calendar', () => {
    const rules = { types: [{ path: '$', type: 'timestamp' }] };
    expect(inJson('"2026-02-28"', '"2026-02-30"', rules)).toEqual(['$ format']);
  });
});

describe('allowAdded', () => {
  it('covers new members below its paths', () => {
    expect(inJson('{"meta":{}}', '{"meta":{"a":1},"b":1}', { allowAdded: ['$.meta'] })).toEqual([
      '$.b added',
    ]);
    expect(inJson('{"meta":{}}', '{"meta":{"a":1},"b":1}', { allowAdded: true })).toEqual([
      '$.meta.a added, allowAdded',
      '$.b added, allowAdded',
    ]);
  });

  it('covers neither the path itself nor more items of a list nor another value', () => {
    const rules = { allowAdded: ['$.meta'] };
    expect(inJson('{}', '{"meta":1}', rules)).toEqual(['$.meta added']);
    expect(inJson('{"meta":{"x":[1]}}', '{"meta":{"x":[1,2]}}', rules)).toEqual(['$.meta.x[1] added']);
    expect(inJson('{"meta":{"x":1}}', '{"meta":{"x":2}}', rules)).toEqual(['$.meta.x value']);
    expect(inJson('{"meta":{"x":1}}', '{"meta":{}}', rules)).toEqual(['$.meta.x removed']);
  });
});

describe('nulls', () => {
  it('may be as good as missing, of members only', () => {
    const rules = { nullEqualsMissing: true };
    expect(inJson('{"a":null}', '{"b":null}', rules)).toEqual([
      '$.a removed, nullEqualsMissing',
      '$.b added, nullEqualsMissing',
    ]);
    expect(inJson('[null]', '[]', rules)).toEqual(['$[0] removed']);
    expect(inJson('{"a":""}', '{}', rules)).toEqual(['$.a removed']);
  });

  it('may be as good as empty', () => {
    const rules = { nullEqualsEmpty: true };
    expect(inJson('{"a":null,"b":[],"c":{}}', '{"a":"","b":null,"c":null}', rules)).toEqual([
      '$.a type, nullEqualsEmpty',
      '$.b type, nullEqualsEmpty',
      '$.c type, nullEqualsEmpty',
    ]);
    expect(inJson('{"a":null,"b":0}', '{"a":0,"b":null}', rules)).toEqual(['$.a type', '$.b type']);
    expect(inJson('{"a":[]}', '{"a":""}', rules)).toEqual(['$.a type']);
  });
});

describe('the other rules', () => {
  it('statusEquivalent makes statuses of one group the same', () => {
    const status = (code: number) => answer('{}', { status: code });
    const rules = { statusEquivalent: [[200, 201]] };
    expect(placesOf(compared(status(200), status(201), rules))).toEqual([
      'status status, statusEquivalent 200 201',
    ]);
    expect(placesOf(compared(status(200), status(202), rules))).toEqual(['status status']);
  });

  it('embeddedJson opens a text', () => {
    const payload = (text: string) => JSON.stringify({ payload: text });
    const rules = { embeddedJson: ['$.payload'] };
    expect(inJson(payload('{"a":1,"b":2}'), payload('{"b":2, "a":1.0}'), rules)).toEqual([
      '$.payload value, embeddedJson $.payload',
    ]);
    expect(inJson(payload('{"a":1}'), payload('{"a":2}'), rules)).toEqual(['$.payload.a value']);
    expect(inJson(payload('{"a":1}'), payload('{"a":'), rules)).toEqual(['$.payload value']);
    expect(inJson(payload('{"a":1}'), payload('{"a":2}'))).toEqual(['$.payload value']);
  });

  it('hosts makes names of a side neutral, and not longer names', () => {
    const rules = { hosts: { legacy: ['shop.example.com'], service: ['orders.internal:8443'] } };
    expect(
      inJson('{"u":"https://shop.example.com/x"}', '{"u":"http://orders.internal:8443/x"}', rules),
    ).toEqual([]);
    expect(inJson('{"u":"see shop.example.com."}', '{"u":"see orders.internal:8443."}', rules)).toEqual([]);
    for (const other of [
      'eshop.example.com',
      'shop.example.com.evil.test',
      'a@shop.example.com',
      'shop.example.com-x',
    ])
      expect(inJson(`{"u":"${other}"}`, '{"u":"orders.internal:8443"}', rules)).toEqual(['$.u value']);
    expect(inJson('{"u":"https://shop.example.com/x"}', '{"u":"orders.internal:8443/x"}', rules)).toEqual([
      '$.u value',
    ]);
  });
});

describe('the hash of rules', () => {
  it('is the same for the same rules in another order, with other reasons or other bounds of traffic', () => {
    const one = {
      ignore: [{ path: '$.a', reason: 'x' }, { path: '$.b' }],
      unordered: ['$.c', '$.d'],
      sample: '10%',
    };
    const other = {
      ignore: [{ path: '$.b' }, { reason: 'y', path: '$.a' }],
      unordered: ['$.d', '$.c'],
      keep: 'values',
    };
    expect(rulesOf(one).hash).toBe(rulesOf(other).hash);
    expect(rulesOf(one).hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    { ignore: [{ path: '$.b' }] },
    { ignore: [{ path: '$.a', match: 'x' }] },
    { nullEqualsMissing: true },
    { body: 'skip' },
    { allowAdded: true },
    { statusEquivalent: [[200, 201]] },
  ])('is another one for %j', rules => {
    expect(rulesOf(rules).hash).not.toBe(rulesOf({ ignore: [{ path: '$.a' }] }).hash);
  });
});
