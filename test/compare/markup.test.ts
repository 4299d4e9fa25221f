import { describe, expect, it } from 'vitest';
import { answer, compared, placesOf } from '../kit/answers.ts';

const html = (legacy: string, service: string, rules: object = {}): string[] =>
  placesOf(compared(answer(legacy, { type: 'text/html' }), answer(service, { type: 'text/html' }), rules));
const xml = (legacy: string, service: string, rules: object = {}): string[] =>
  placesOf(
    compared(
      answer(legacy, { type: 'application/xml' }),
      answer(service, { type: 'application/xml' }),
      rules,
    ),
  );

describe('HTML', () => {
  it.each([
    ['case of names', '<P CLASS="a">x</P>', '<p class=a>x</p>'],
    ['order of attributes', '<a href="/" id="x">y</a>', "<a id='x' href='/'>y</a>"],
    ['white space', '<div>\n  <p>a  b</p>\n</div>', '<div><p> a b </p></div>'],
    ['comments', '<p>a</p><!-- 12 ms -->', '<p>a</p>'],
    ['entities', '<p>&eacute; &amp; &#x41;</p>', '<p>é &amp; A</p>'],
    ['end tags that may be omitted', '<ul><li>a<li>b</ul>', '<ul><li>a</li><li>b</li></ul>'],
    ['an attribute without a value', '<input disabled>', '<input disabled="">'],
    ['white space among classes', '<p class="a  b ">x</p>', '<p class="a b">x</p>'],
    ['the spelling of the document type', '<!DOCTYPE html><p>x</p>', '<!doctype html><p>x</p>'],
  ])('does not care about %s', (_, legacy, service) => {
    expect(html(legacy, service)).toEqual([]);
  });

  const page = (body: string): string => `<html><body>${body}</body></html>`;

  it.each([
    ['text', '<h1>a</h1>', '<h1>b</h1>', ['html>body>h1 value']],
    [
      'an attribute',
      '<div>1</div><div><h1 class=a>x</h1></div>',
      '<div>1</div><div><h1 class=b>x</h1></div>',
      ['html>body>div[1]>h1@class value'],
    ],
    ['a missing attribute', '<p id=a>x</p>', '<p>x</p>', ['html>body>p@id removed']],
    ['an added element', '<p>a</p>', '<p>a</p><p>b</p>', ['html>body>p[1] added']],
    ['an element of a new name', '<p>a</p>', '<p>a</p><hr>', ['html>body>hr added']],
    ['a missing element', '<p>a</p><hr>', '<p>a</p>', ['html>body>hr removed']],
    ['the order of elements of one name', '<p>a</p><p>b</p>', '<p>b</p><p>a</p>', ['html>body>p order']],
    ['the order of elements of several names', '<p>a</p><hr>', '<hr><p>a</p>', ['html>body order']],
    ['one of several texts', '<p>a<b>x</b>c</p>', '<p>a<b>x</b>d</p>', ['html>body>p>#text[1] value']],
    ['a space before an element', '<p>a <b>x</b></p>', '<p>a<b>x</b></p>', ['html>body>p value']],
    ['white space where it counts', '<pre>a\n b</pre>', '<pre>a b</pre>', ['html>body>pre value']],
    ['a script', '<script>a();\nb()</script>', '<script>a();\nc()</script>', ['html>body>script value']],
    ['the document type', '', '', []],
  ])('sees %s', (_, legacy, service, places) => {
    expect(html(page(legacy), page(service))).toEqual(places);
  });

  it('knows no prototype', () => {
    expect(html('<p constructor=a>x</p>', '<p>x</p>')).toEqual(['p@constructor removed']);
    expect(html('<constructor>a</constructor>', '<constructor>b</constructor>')).toEqual([
      'constructor value',
    ]);
    expect(html('<p __proto__=a>x</p>', '<p __proto__=b>x</p>')).toEqual(['p@__proto__ value']);
  });

  it('goes by rules like JSON', () => {
    const cell = (price: string): string => `<table><tr><td>x</td><td>${price}</td></tr></table>`;
    expect(html(cell('1.00'), cell('1.01'), { tolerance: [{ path: 'table>tr>td[1]', abs: 0.01 }] })).toEqual([
      'table>tr>td[1] value, tolerance table>tr>td[1]',
    ]);
    const items = (...all: string[]): string => `<ul>${all.map(item => `<li>${item}</li>`).join('')}</ul>`;
    expect(html(items('a', 'b'), items('b', 'a'), { unordered: ['ul>li'] })).toEqual([
      'ul>li order, unordered ul>li',
    ]);
  });
});

describe('XML', () => {
  it.each([
    ['prefixes', '<a:x xmlns:a="urn:1"><a:y b="1"/></a:x>', '<x xmlns="urn:1"><y b="1"/></x>'],
    ['CDATA', '<x><![CDATA[a & b]]></x>', '<x>a &amp; b</x>'],
    ['the declaration', '<?xml version="1.0"?><x/>', '<x></x>'],
    ['comments and instructions', '<x><!-- a --><?b c?></x>', '<x/>'],
    ['where a prefix is declared', '<x><a:y xmlns:a="urn:1"/></x>', '<x xmlns:b="urn:1"><b:y/></x>'],
  ])('does not care about %s', (_, legacy, service) => {
    expect(xml(legacy, service)).toEqual([]);
  });

  it.each([
    ['case', '<x><Y/></x>', '<x><y/></x>', ['x>Y removed', 'x>y added']],
    ['the namespace', '<x xmlns="urn:1"/>', '<x xmlns="urn:2"/>', ['x@xmlns value']],
    [
      'a namespace of an attribute',
      '<x xmlns:a="urn:1" a:b="1"/>',
      '<x xmlns:a="urn:2" a:b="1"/>',
      ['x@{urn:1}b removed', 'x@{urn:2}b added'],
    ],
    ['one of several', '<x><y>1</y><y>2</y></x>', '<x><y>1</y><y>3</y></x>', ['x>y[1] value']],
  ])('sees %s', (_, legacy, service, places) => {
    expect(xml(legacy, service)).toEqual(places);
  });

  it('that does not parse is a difference at $', () => {
    expect(xml('<x/>', '<x>')).toEqual(['$ opaque']);
  });

  it('whose entities would blow up does not parse', () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>';
    expect(xml('<x/>', bomb)).toEqual(['$ opaque']);
  });
});
