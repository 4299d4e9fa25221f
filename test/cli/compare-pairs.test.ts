import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { splitLines } from '../../gateway/offline/lines.ts';
import { openFolder, pipeToFigway } from '../kit/command-line.ts';
import { shop } from '../kit/routes-files.ts';

const type = { 'content-type': 'application/json' };
const side = (body: string, status = 200, headers: object = {}) => ({
  status,
  headers: { ...type, ...headers },
  body,
});
const pair = (legacy: string, service: string, more: object = {}): string =>
  JSON.stringify({ legacy: side(legacy), service: side(service), ...more });
const parse = (stdout: string): { name: string; outcome: string; equal: boolean; differences: object[] }[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));

const run = async (lines: readonly string[], words: readonly string[] = []) => {
  await using folder = await openFolder({ 'p.ndjson': `${lines.join('\n')}\n`, 'routes.yaml': shop });
  return await folder.figway(['compare', 'pairs', 'p.ndjson', ...words]);
};

describe('figway compare pairs', () => {
  it('answers with one line a pair, in their order, and sums up on stderr', async () => {
    const { code, stdout, stderr } = await run([
      pair('{"a":1}', '{"a":1.0}', { name: 'same' }),
      pair('{"a":1,"b":{"c":"x"}}', '{"a":2,"b":{}}', { name: 'other' }),
      pair('{"a":1}', '{"a":2}', { rules: { ignore: [{ path: '$.a' }] } }),
      pair('{"a":1}', '{"a":2}', { rules: { ignore: [{ path: '$.a', reason: 'known' }] } }),
    ]);
    expect(code).toBe(1);
    expect(parse(stdout)).toEqual([
      { name: 'same', outcome: 'match', equal: true, differences: [] },
      {
        name: 'other',
        outcome: 'mismatch',
        equal: false,
        differences: [
          { path: '$.a', kind: 'value', legacy: 1, service: 2 },
          { path: '$.b.c', kind: 'removed', legacy: 'x' },
        ],
      },
      {
        ...{ name: 'line 3', outcome: 'excused', equal: true },
        differences: [{ path: '$.a', kind: 'value', legacy: 1, service: 2, rule: 'ignore $.a' }],
      },
      {
        ...{ name: 'line 4', outcome: 'excused', equal: true },
        differences: [{ path: '$.a', kind: 'value', legacy: 1, service: 2, rule: 'ignore $.a: known' }],
      },
    ]);
    expect(stderr).toBe('4 pairs, 1 match, 1 mismatch, 2 excused\n');
  });

  it('exits with 0 where all are equal', async () => {
    const again = (at: string) => `{"at":"2026-11-26T05:00:0${at}Z"}`;
    const { code, stdout } = await run([
      pair('{}', '{}'),
      pair(again('1'), again('2'), { legacy2: side(again('3')) }),
    ]);
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject([
      { outcome: 'match' },
      { outcome: 'noise', equal: true, differences: [{ path: '$.at' }] },
    ]);
  });

  it('lists in a mismatch only what neither a rule nor noise covers', async () => {
    const body = (at: string, n: number, x: number) => `{"at":"2026-11-26T05:00:0${at}Z","n":${n},"x":${x}}`;
    const { stdout } = await run([
      pair(body('1', 1, 1), body('2', 2, 2), {
        legacy2: side(body('3', 1, 1)),
        rules: { ignore: [{ path: '$.x' }] },
      }),
    ]);
    expect(parse(stdout)).toMatchObject([
      { outcome: 'mismatch', differences: [{ path: '$.n', kind: 'value', legacy: 1, service: 2 }] },
    ]);
    expect(stdout).not.toContain('$.at');
  });

  it('writes numbers in all their digits', async () => {
    const { stdout } = await run([pair('[10765432100123456789]', '[10765432100123456000]')]);
    expect(stdout).toContain('"legacy":10765432100123456789,"service":10765432100123456000');
  });

  it('tells failures and what cannot be compared by their statuses', async () => {
    const statuses = (legacy: number, service: number) =>
      JSON.stringify({ legacy: side('', legacy), service: side('', service) });
    const { code, stdout } = await run([
      statuses(200, 500),
      statuses(503, 200),
      statuses(200, 304),
      statuses(404, 404),
    ]);
    expect(code).toBe(1);
    expect(parse(stdout).map(({ outcome, equal }) => [outcome, equal])).toEqual([
      ['service-failed', false],
      ['legacy-failed', false],
      ['skipped', false],
      ['match', true],
    ]);
    expect(stdout).toContain('"skip":"conditional"');
  });

  it('takes bodies as bytes, with their codings, and as text without them', async () => {
    const packed = {
      ...{ status: 200, headers: { ...type, 'content-encoding': 'gzip', 'content-length': '1000' } },
    };
    const bytes = gzipSync('{"a":1}').toString('base64');
    const whole = { status: 200, headers: { ...type, 'content-encoding': 'gzip' }, bodyBase64: bytes };
    const latin = {
      status: 200,
      headers: { 'content-type': 'text/plain; charset=iso-8859-1' },
      body: 'Müller',
    };
    const { stdout } = await run([
      JSON.stringify({ legacy: side('{"a":1}'), service: whole }),
      JSON.stringify({ legacy: side('{"a":1}'), service: { ...packed, body: '{"a":1}' } }),
      JSON.stringify({ legacy: latin, service: { ...latin, bodyBase64: 'TfxsbGVy', body: undefined } }),
    ]);
    expect(parse(stdout).map(({ outcome }) => outcome)).toEqual(['match', 'match', 'match']);
  });

  it('knows that HEAD has no body, and that a header may have several values', async () => {
    const { stdout } = await run([
      JSON.stringify({ request: { method: 'head', url: '/' }, legacy: side('x'), service: side('y') }),
      JSON.stringify({
        legacy: side('{}', 200, { 'set-cookie': ['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2'] }),
        service: side('{}', 200, { 'Set-Cookie': ['b=2', 'a=1; expires=Wed, 21 Oct 2026 07:28:00 GMT'] }),
      }),
    ]);
    expect(parse(stdout).map(({ outcome }) => outcome)).toEqual(['match', 'match']);
  });

  it('goes on after a corrupt line, names it, and is not equal', async () => {
    const { code, stdout, stderr } = await run([
      pair('{}', '{}'),
      'nonsense',
      '[]',
      '{"legacy":{"status":200}}',
      pair('{}', '{}', { rules: { ignroe: [] } }),
      pair('{}', '{}', { rules: { unordered: ['items'] } }),
      '{"legacy":{"status":"200"},"service":{"status":200}}',
      '{"legacy":{"status":200,"body":{}},"service":{"status":200}}',
      '',
      pair('{}', '{}'),
    ]);
    expect(code).toBe(1);
    expect(parse(stdout).map(({ name }) => name)).toEqual(['line 1', 'line 10']);
    expect(stderr.split('\n')).toEqual([
      'p.ndjson:2: expected a JSON object, got something else',
      'p.ndjson:3: the line: expected an object, got a list',
      'p.ndjson:4: service: expected an object, got nothing',
      'p.ndjson:5: rules.ignroe: unknown key, did you mean ignore?',
      'p.ndjson:6: rules.unordered[0]: expected a path such as $.a.b, $.items[*].id or html>body>h1, got "items"',
      'p.ndjson:7: legacy.status: expected a whole number from 100 to 599, got "200"',
      'p.ndjson:8: legacy.body: expected text, got an object',
      '2 pairs, 2 match, 7 corrupt lines left out',
      '',
    ]);
  });

  it('exits with 3 where no line can be used, or there is no file', async () => {
    expect(await run(['nonsense'])).toMatchObject({ code: 3, stdout: '' });
    expect(await run([''])).toMatchObject({ code: 3 });
    await using folder = await openFolder();
    expect(await folder.figway(['compare', 'pairs', 'nowhere.ndjson'])).toMatchObject({
      ...{ code: 3, stderr: 'figway: nowhere.ndjson: no such file\n' },
    });
  });

  it('reads stdin', async () => {
    await using folder = await openFolder();
    const stdout = await pipeToFigway(
      folder.path,
      ['compare', 'pairs', '-'],
      pair('{}', '{}', { name: 'piped' }),
    );
    expect(parse(stdout)).toMatchObject([{ name: 'piped', outcome: 'match' }]);
  });

  it('reads a recording of any size in little memory', async () => {
    const lines = await Array.fromAsync(splitLines(chunksOf('abc\nd\n\nlonger than that\ne', 5), 10));
    expect(lines).toEqual([
      { number: 1, text: 'abc' },
      { number: 2, text: 'd' },
      { number: 3, text: '' },
      { number: 4, fault: 'expected at most 10 bytes, got 16' },
      { number: 5, text: 'e' },
    ]);
  });
});

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

describe('figway compare pairs --route', () => {
  const ruled = shop.replace(
    'stage: legacy # see ADR 7',
    'stage: legacy\n    compare: { maxMismatch: 50%, ignore: [{ path: $.at, reason: "clock" }] }',
  );

  const runRuled = async (lines: readonly string[], words: readonly string[]) => {
    await using folder = await openFolder({ 'p.ndjson': lines.join('\n'), 'routes.yaml': ruled });
    return await folder.figway(['compare', 'pairs', 'p.ndjson', ...words]);
  };

  it('takes the rules and the addresses of that route; rules of a line replace them', async () => {
    const { code, stdout } = await runRuled(
      [
        pair('{"at":1,"self":"http://127.0.0.1:4000/x"}', '{"at":2,"self":"http://127.0.0.1:4103/x"}'),
        pair('{"at":1}', '{"at":2}', { rules: {} }),
      ],
      ['--route', 'orders-read'],
    );
    expect(code).toBe(1);
    expect(parse(stdout)).toMatchObject([
      { outcome: 'excused', differences: [{ path: '$.at', rule: 'ignore $.at: clock' }] },
      { outcome: 'mismatch' },
    ]);
  });

  it('exits with 2 where there is no such route', async () => {
    expect(await runRuled([pair('{}', '{}')], ['--route', 'nope'])).toMatchObject({
      ...{ code: 2, stderr: 'figway: there is no route nope\n' },
    });
  });
});

describe('figway compare pairs --verdict', () => {
  const asked = (url: string, isGood = true) =>
    pair('{"a":1}', isGood ? '{"a":1}' : '{"a":2}', { request: { method: 'GET', url } });
  const many = (count: number, bad = 0) =>
    Array.from({ length: count }, (_, index) => asked(`/orders/${index}`, index >= bad));

  it('is ready from 2,995 distinct good requests on, not with one less', async () => {
    expect(await run(many(2995), ['--verdict'])).toMatchObject({ code: 0 });
    const { code, stderr } = await run(many(2994), ['--verdict']);
    expect(code).toBe(2);
    expect(stderr).toContain('verdict: pending: 0 bad of 2994 distinct requests');
    expect(stderr).toContain('1 more distinct requests are needed, all good');
  });

  it('is blocked where too many are bad', async () => {
    const { code, stderr } = await run(many(100, 5), ['--verdict']);
    expect(code).toBe(1);
    expect(stderr).toContain('verdict: blocked: 5 bad of 100 distinct requests');
  });

  it('counts a repeated request once, and as bad if it once was', async () => {
    const polled = Array.from({ length: 3000 }, () => asked('/orders?b=2&a=1'));
    const { code, stderr } = await run([...polled, asked('/orders?a=1&b=2', false)], ['--verdict']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('1 bad of 1 distinct requests');
  });

  it('is never ready with a corrupt line', async () => {
    const { code, stderr } = await run([...many(3000), 'nonsense'], ['--verdict']);
    expect(code).toBe(2);
    expect(stderr).toContain('corrupt lines stand against it');
  });
});

describe('figway compare', () => {
  it.each([
    [['compare'], 'expected figway compare pairs or figway compare replay, got no command'],
    [['compare', 'pears'], 'expected figway compare pairs or figway compare replay, got "pears"'],
  ])('%j is told what there is', async (words, message) => {
    await using folder = await openFolder();
    expect(await folder.figway(words)).toMatchObject({ code: 3, stdout: '', stderr: `figway: ${message}\n` });
  });
});
