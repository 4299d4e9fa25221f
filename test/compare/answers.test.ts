import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../gateway/compare/compare.ts';
import type { Answer } from '../../gateway/compare/comparison.ts';
import { answer, compared, placesOf, rulesOf } from '../kit/answers.ts';

const json = '{"id":1,"name":"fig"}';
const text = (body: string | Uint8Array, type = 'text/plain; charset=utf-8'): Answer =>
  answer(body, { type });

describe('content codings', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('%s is taken off', (name, pack) => {
    const packed = answer(pack(Buffer.from(json)), { fields: ['Content-Encoding', name] });
    expect(compared(answer(json), packed).outcome).toBe('match');
    expect(placesOf(compared(answer('{"id":2,"name":"fig"}'), packed))).toEqual(['$.id value']);
  });

  it('are taken off one after the other, the last one first', () => {
    const twice = answer(brotliCompressSync(gzipSync(Buffer.from(json))), {
      fields: ['content-encoding', 'gzip, br'],
    });
    expect(compared(answer(json), twice).outcome).toBe('match');
  });

  it('that nobody knows are a difference at $, and of the field', () => {
    const odd = answer(json, { fields: ['content-encoding', 'snappy'] });
    expect(placesOf(compared(answer(json), odd))).toEqual(['header:content-encoding header', '$ opaque']);
  });

  it('that fail on one side are a difference at $', () => {
    const broken = answer(Buffer.from('no gzip'), { fields: ['content-encoding', 'gzip'] });
    const { outcome, differences } = compared(answer(json), broken);
    expect(outcome).toBe('mismatch');
    expect(differences).toMatchObject([
      { path: '$', kind: 'opaque', service: { fault: 'undecodable: no gzip, or cut short' } },
    ]);
  });

  it('cut short are never a match', () => {
    const packed = gzipSync(Buffer.from(json));
    const cut = answer(packed.subarray(0, packed.length - 4), { fields: ['content-encoding', 'gzip'] });
    expect(placesOf(compared(answer(json), cut))).toEqual(['$ opaque']);
  });

  it('unpack to no more than maxBody, nor to more than a hundred times their size: a bomb is a difference', () => {
    const bomb = answer(gzipSync(Buffer.alloc(900_000)), { fields: ['content-encoding', 'gzip'] });
    const { differences } = compared(answer(json), bomb);
    expect(differences).toMatchObject([{ path: '$', kind: 'opaque' }]);
    expect(JSON.stringify(differences)).toMatch(/too-large: gzip of \d+ bytes unpacks to more than \d+/);
  });

  it('of both sides beyond maxBody leave nothing to be said, unless their bytes decide', () => {
    const large = (fill: string, type: string) => answer(Buffer.from(fill.repeat(3000)), { type });
    const [read, unread] = ['application/json', 'application/octet-stream'];
    expect(compared(large('a', read), large('b', read), { maxBody: '1KiB' }).outcome).toBe('skipped');
    expect(compared(large('a', read), large('a', read), { maxBody: '1KiB' }).outcome).toBe('match');
    const differing = [large('b', unread), answer('b', { type: unread })];
    for (const service of differing)
      expect(placesOf(compared(large('a', unread), service, { maxBody: '1KiB' }))).toEqual(['$ opaque']);
  });

  it('of both sides beyond maxBody hide no other difference', () => {
    const large = (fill: string, status: number) => answer(Buffer.from(fill.repeat(3000)), { status });
    expect(placesOf(compared(large('a', 200), large('b', 404), { maxBody: '1KiB' }))).toEqual([
      'status status',
    ]);
  });
});

const cutAt = (length: number) => ({ fields: ['content-length', String(length)] });

/** As it is heard of a body of which only length and hash are known. */
const hashed = (body: string, said: Parameters<typeof answer>[1] = {}): Answer => ({
  ...answer('', said),
  digest: { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') },
});

describe('a body of which hash and length are known', () => {
  const unread = { type: 'image/png' };
  const packed = { fields: ['content-encoding', 'gzip'] };

  it.each([
    ['the same bytes', hashed('one'), hashed('one'), 'match'],
    ['the same bytes of one coding', hashed('one', packed), hashed('one', packed), 'match'],
    ['the same bytes of two codings', hashed('one'), hashed('one', packed), 'skipped'],
    ['other bytes that nobody reads', hashed('one', unread), hashed('two', unread), 'mismatch'],
    ['other bytes that rules may excuse', hashed('one'), hashed('two'), 'skipped'],
    ['other bytes of one coding', hashed('one', packed), hashed('two', packed), 'skipped'],
    ['another status', hashed('one'), hashed('two', { status: 404 }), 'mismatch'],
    ['another field', hashed('one'), hashed('one', { fields: ['x-a', '1'] }), 'mismatch'],
    ['one whole side', answer('one'), hashed('two'), 'skipped'],
    ['one empty side', hashed('one', unread), answer('', unread), 'skipped'],
    ['bytes that are cut in one place', hashed('one', cutAt(9)), hashed('one', cutAt(9)), 'mismatch'],
  ])('%s', (_name, legacy, service, outcome) => {
    expect(compared(legacy, service).outcome).toBe(outcome);
    expect(compared(service, legacy).outcome).toBe(outcome);
  });

  it('is shown by them', () => {
    expect(compared(hashed('one', unread), hashed('four', unread)).differences).toMatchObject([
      {
        path: '$',
        legacy: { bytes: 3, fault: 'too-large: 3 bytes, at most 1048576' },
        service: { bytes: 4 },
      },
    ]);
  });

  it('is none where the method has no body', () => {
    expect(compared(hashed('one'), hashed('two'), {}, 'HEAD').outcome).toBe('match');
  });
});

describe('a truncated answer', () => {
  it('is never a match, not even with one that is cut in the same place', () => {
    const cut = answer(json.slice(0, 9), { fields: ['content-length', String(json.length)] });
    expect(placesOf(compared(answer(json), cut))).toEqual(['$ opaque']);
    expect(placesOf(compared(cut, cut))).toEqual(['$ opaque']);
  });

  it('is seen in JSON that ends too early', () => {
    const { differences } = compared(answer(json), answer(json.slice(0, 9)));
    expect(differences).toMatchObject([
      { path: '$', kind: 'opaque', service: { bytes: 9, fault: 'no JSON' } },
    ]);
  });

  it('is not what a HEAD or a 304 with a length is', () => {
    const head = answer('', { fields: ['content-length', '1000'] });
    expect(compared(head, head, {}, 'HEAD').outcome).toBe('match');
    const notModified = answer('', { status: 304, fields: ['content-length', '1000'] });
    expect(compared(notModified, notModified).outcome).toBe('match');
  });
});

describe('an answer without a body', () => {
  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 205],
    ['GET', 304],
  ])('to %s with %i has none, whatever came', (method, status) => {
    const strays = [answer('stray', { status }), answer('other', { status })] as const;
    expect(compared(...strays, {}, method).outcome).toBe('match');
  });

  it('is not the same as one with a body', () => {
    expect(placesOf(compared(answer(''), answer(json)))).toEqual(['$ added']);
    expect(placesOf(compared(answer(json), answer('')))).toEqual(['$ removed']);
    expect(compared(answer(''), answer('')).outcome).toBe('match');
  });

  it('stays a difference where all new fields are fine', () => {
    expect(compared(answer(''), answer(json), { allowAdded: true }).outcome).toBe('mismatch');
  });
});

describe('depth', () => {
  const nested = (levels: number, inside: string): string => '['.repeat(levels) + inside + ']'.repeat(levels);

  it('of 512 levels is walked', () => {
    const path = `$${'[0]'.repeat(512)}`;
    expect(placesOf(compared(answer(nested(512, '1')), answer(nested(512, '2'))))).toEqual([`${path} value`]);
    expect(placesOf(compared(answer(nested(512, '1e1')), answer(nested(512, '2e1'))))).toEqual([
      `${path} value`,
    ]);
  });

  it('of 513 levels is not parsed: the bodies are bytes', () => {
    const { differences } = compared(answer(nested(513, '1')), answer(nested(513, '2')));
    expect(differences).toMatchObject([
      { path: '$', kind: 'opaque', legacy: { fault: 'deeper than 512 levels' } },
    ]);
    expect(compared(answer(nested(513, '1')), answer(nested(513, '1'))).outcome).toBe('match');
  });

  it('of a million levels overflows no stack', () => {
    const deep = answer(nested(400_000, ''));
    expect(placesOf(compared(deep, answer('[]')))).toEqual(['$ opaque']);
    const html = (inside: string) => text(`${'<b>'.repeat(100_000)}${inside}`, 'text/html');
    expect(placesOf(compared(html('x'), html('y')))).toEqual(['$ opaque']);
  });

  it('of 512 levels of unordered lists overflows no stack', () => {
    const tree = (levels: number, leaf: string): string =>
      `${'{"items":[{"x":1},'.repeat(levels)}${leaf}${']}'.repeat(levels)}`;
    const rules = { unordered: ['$..items'] };
    const [legacy, service] = [answer(tree(250, '1')), answer(tree(250, '2'))];
    expect(compared(legacy, service, rules).outcome).toBe('mismatch');
  });

  it('beyond 250,000 tokens is not parsed', () => {
    const long = (last: number) => answer(`[${'1,'.repeat(250_000)}${last}]`);
    expect(compared(long(1), long(2), { maxBody: '10MiB' }).differences).toMatchObject([
      { path: '$', kind: 'opaque', legacy: { fault: 'more than 250000 tokens' } },
    ]);
  });
});

describe('charsets', () => {
  const latin = (body: string) => Buffer.from(body, 'latin1');

  it('are decoded: the same text in two of them differs in the type only', () => {
    const legacy = text(latin('Müller'), 'text/plain; charset=iso-8859-1');
    expect(placesOf(compared(legacy, text('Müller')))).toEqual(['header:content-type header']);
    expect(placesOf(compared(legacy, text('Muller')))).toEqual(['header:content-type header', '$ value']);
  });

  it('make the same bytes another text', () => {
    const bytes = latin('Müller');
    const [legacy, service] = [
      text(bytes, 'text/plain; charset=iso-8859-1'),
      text(bytes, 'text/plain; charset=iso-8859-5'),
    ];
    expect(placesOf(compared(legacy, service))).toEqual(['header:content-type header', '$ value']);
  });

  it('that nobody names are UTF-8, else Windows-1252', () => {
    const ignore = { ignore: [{ header: 'content-type' }] };
    expect(placesOf(compared(text(latin('Müller'), 'text/plain'), text('Müller'), ignore))).toEqual([
      'header:content-type header, ignore header content-type',
    ]);
  });

  it('of JSON are UTF-8 where it does not say so', () => {
    expect(compared(answer(json), answer(json, { type: 'application/json; charset=UTF-8' })).outcome).toBe(
      'match',
    );
    expect(placesOf(compared(answer(latin('{"a":"ü"}')), answer('{"a":"ü"}')))).toEqual(['$ opaque']);
  });

  it('of HTML may stand in a meta element, of XML in its declaration', () => {
    const html = (charset: string, encode: (body: string) => Uint8Array) =>
      text(encode(`<meta charset="${charset}"><p>Müller</p>`), 'text/html');
    expect(placesOf(compared(html('iso-8859-1', latin), html('utf-8', Buffer.from)))).toEqual([
      'meta@charset value',
    ]);
    const xml = (charset: string, encode: (body: string) => Uint8Array) =>
      text(encode(`<?xml version="1.0" encoding="${charset}"?><p>Müller</p>`), 'text/xml');
    expect(compared(xml('iso-8859-1', latin), xml('utf-8', Buffer.from)).outcome).toBe('match');
  });
});

describe('a body', () => {
  it('of bytes is its length and its hash', () => {
    const bytes = (last: number) => answer(Uint8Array.from([0, 255, 1, last]), { type: 'image/png' });
    expect(compared(bytes(1), bytes(1)).outcome).toBe('match');
    expect(compared(bytes(1), bytes(2)).differences).toMatchObject([
      { path: '$', kind: 'opaque', legacy: { bytes: 4 }, signature: '$ opaque bytes:bytes' },
    ]);
  });

  it('of another kind than the other is a difference at $', () => {
    expect(placesOf(compared(answer(json), text('<p>503</p>', 'text/html')))).toEqual([
      'header:content-type header',
      '$ opaque',
    ]);
  });

  it.each([
    ['{"a":1}', '{"a":2}', '$.a value'],
    ['<!DOCTYPE html><p>1</p>', '<!DOCTYPE html><p>2</p>', 'p value'],
    ['<?xml version="1.0"?><p>1</p>', '<?xml version="1.0"?><p>2</p>', 'p value'],
    ['one', 'two', '$ value'],
    ['one\0', 'two\0', '$ opaque'],
  ])('without a type is read by its first bytes: %s', (legacy, service, place) => {
    const untyped = (body: string): Answer => ({ status: 200, fields: [], body: Buffer.from(body) });
    expect(placesOf(compared(untyped(legacy), untyped(service)))).toEqual([place]);
  });

  it('of text has line breaks of one kind, and none at the end', () => {
    expect(compared(text('a\r\nb\r\n'), text('a\nb')).outcome).toBe('match');
    expect(placesOf(compared(text('a b'), text('a  b')))).toEqual(['$ value']);
  });

  it('of nothing but line breaks is read at once', () => {
    const breaks = (last: string) => text(`${'\n'.repeat(1_000_000)}${last}`);
    expect(placesOf(compared(breaks('a'), breaks('b')))).toEqual(['$ value']);
  });

  it('of long text is shown around the first difference', () => {
    const long = (middle: string) => text('x'.repeat(5000) + middle + 'y'.repeat(5000));
    const [{ legacy, service } = {}] = compared(long('left'), long('right')).differences;
    expect(legacy).toMatch(/^…x+left/);
    expect(service).toMatch(/^…x+right/);
    expect(String(legacy).length).toBeLessThan(1200);
  });

  it('of a form is its fields; a repeated one keeps its order', () => {
    const form = (body: string) => text(body, 'application/x-www-form-urlencoded');
    expect(compared(form('a=1&b=2&b=3'), form('b=2&a=1&b=3')).outcome).toBe('match');
    expect(placesOf(compared(form('a=1&b=2&b=3&__proto__=x'), form('a=2&b=3&b=2&__proto__=y')))).toEqual([
      '$.a value',
      '$.b order',
      '$.__proto__ value',
    ]);
  });

  it('of ndjson is one JSON text a line', () => {
    const lines = (body: string) => text(body, 'application/x-ndjson');
    expect(compared(lines('{"a":1}\n{"b":2.0}\n'), lines('{ "a": 1 }\r\n\r\n{"b":2}')).outcome).toBe('match');
    expect(placesOf(compared(lines('{"a":1}\n{"b":2}'), lines('{"a":1}\n{"b":3}')))).toEqual([
      '$[1].b value',
    ]);
    expect(placesOf(compared(lines('{"a":1}\n{"b":2}'), lines('{"a":1}\n{"b":')))).toEqual(['$ opaque']);
  });

  it('names each side itself the same way', () => {
    const legacy = answer('{"self":"http://127.0.0.1:4000/orders/1","next":"http://127.0.0.1:40001/x"}', {
      fields: ['location', 'http://127.0.0.1:4000/a', 'link', '<http://127.0.0.1:4000/b>; rel=next'],
    });
    const service = answer('{"self":"http://127.0.0.1:4101/orders/1","next":"http://127.0.0.1:41011/x"}', {
      fields: ['location', 'http://127.0.0.1:4101/a', 'link', '<http://127.0.0.1:4101/b>; rel=next'],
    });
    expect(placesOf(compared(legacy, service))).toEqual(['$.next value']);
  });

  it('is not compared with body: skip, but that is said', () => {
    expect(placesOf(compared(answer('{"a":1}'), answer('{"a":2}'), { body: 'skip' }))).toEqual([
      '$ opaque, body: skip',
    ]);
    expect(compared(answer('{"a":1}'), answer('{"a":1}'), { body: 'skip' }).outcome).toBe('match');
  });
});

describe('a comparison', () => {
  it('stops after a hundred differences, and says so', () => {
    const list = (from: number) =>
      answer(JSON.stringify(Array.from({ length: 300 }, (_, index) => index + from)));
    const { differences, isCut } = compared(list(0), list(1000));
    expect({ length: differences.length, isCut }).toEqual({ length: 100, isCut: true });
  });

  it('lets no number of excused differences hide another one', () => {
    const noisy = (from: number, last: number) =>
      answer(JSON.stringify({ noisy: Array.from({ length: 300 }, (_, index) => index + from), last }));
    const rules = { ignore: [{ path: '$.noisy' }] };
    expect(placesOf(compared(noisy(0, 1), noisy(1000, 2), rules))).toEqual(['$.last value']);
  });

  it('does not change what it is given', () => {
    const legacy = answer('{"a":[{"b":1},{"b":2}]}');
    const service = answer('{"a":[{"b":2},{"b":1}]}');
    const before = JSON.stringify({ legacy, service });
    compared(legacy, service, { unordered: ['$.a'] });
    expect(JSON.stringify({ legacy, service })).toBe(before);
  });

  it('is plain data that crosses to another thread', () => {
    const comparison = compared(
      answer('{"a":1e999,"b":[1],"__proto__":1}'),
      answer('{"a":1e998,"b":{"__proto__":2}}'),
    );
    expect(structuredClone(comparison)).toEqual(comparison);
    expect(JSON.parse(JSON.stringify(comparison))).toMatchObject({ outcome: 'mismatch' });
  });
});

describe('legacy asked again', () => {
  const at = (stamp: string, total = 1) => answer(JSON.stringify({ at: stamp, total }));
  const pair = (legacy: Answer, service: Answer, legacy2: Answer) =>
    compareAnswers({ method: 'GET', legacy, service, legacy2 }, rulesOf());
  const [first, second, third] = [
    '2026-11-26T05:00:00Z',
    '2026-11-26T05:00:01Z',
    '2026-11-26T05:00:02Z',
  ] as const;
  const drift = 'timestamp-YYYY-MM-DDThh.mm.ssZ:timestamp-YYYY-MM-DDThh.mm.ssZ';

  it('makes noise of what differs in the same place and drifts by itself', () => {
    const { outcome, again, differences } = pair(at(first), at(second), at(third));
    expect({ outcome, again }).toEqual({ outcome: 'noise', again: [`$.at value ${drift}`] });
    expect(differences).toMatchObject([{ path: '$.at', isNoise: true }]);
  });

  it('makes no noise of numbers, nor of what differs elsewhere', () => {
    expect(pair(at(first, 1), at(first, 2), at(first, 3))).toMatchObject({ outcome: 'mismatch' });
    const { outcome, differences } = pair(at(first, 1), at(second, 2), at(third, 1));
    expect(outcome).toBe('mismatch');
    expect(differences.map(({ path, isNoise }) => [path, isNoise])).toEqual([
      ['$.at', true],
      ['$.total', undefined],
    ]);
  });

  it('is told of even where both sides agree', () => {
    expect(pair(at(first), at(first), at(second))).toMatchObject({
      outcome: 'match',
      again: [`$.at value ${drift}`],
    });
    expect(compared(at(first), at(first)).again).toBeUndefined();
  });

  it('knows its own address both times', () => {
    const own = answer('{"self":"http://127.0.0.1:4000/x"}');
    expect(pair(own, answer('{"self":"http://127.0.0.1:4101/x"}'), own)).toMatchObject({
      outcome: 'match',
      again: [],
    });
  });
});
