import { describe, expect, it } from 'vitest';
import { appendItem } from '../../gateway/config/append.ts';
import { EditRefused } from '../../gateway/config/edit.ts';

const path = ['r', 'compare', 'ignore'];
const item = { path: '$.at', kind: 'value', reason: 'a clock, of "ours"' };
const written = '{ path: "$.at", kind: value, reason: "a clock, of \\"ours\\"" }';

describe('adding to a list in place', () => {
  it.each([
    [
      'makes what is missing, in the indentation of the file',
      'a: 1\nr:\n    match: [GET /r] # one\n# two\nz: 1\n',
      `a: 1\nr:\n    match: [GET /r] # one\n    compare:\n        ignore:\n            - ${written}\n# two\nz: 1\n`,
    ],
    [
      'makes the list where only the mapping is there',
      'r:\n  compare:\n    sample: 10% # half\n  stage: shadow\n',
      `r:\n  compare:\n    sample: 10% # half\n    ignore:\n      - ${written}\n  stage: shadow\n`,
    ],
    [
      'goes below the last item of a list in block style',
      'r:\n  compare:\n    ignore:\n    - path: $.x\n      reason: y # z\n\n  stage: shadow\n',
      `r:\n  compare:\n    ignore:\n    - path: $.x\n      reason: y # z\n    - ${written}\n\n  stage: shadow\n`,
    ],
    [
      'goes behind the last item of a list in flow style',
      'r: { compare: { ignore: [ { header: x, reason: y } ] } } # z\n',
      `r: { compare: { ignore: [ { header: x, reason: y }, ${written} ] } } # z\n`,
    ],
    ['fills an empty list', 'r:\n  compare:\n    ignore: []\n', `r:\n  compare:\n    ignore: [${written}]\n`],
    [
      'makes it within a mapping in flow style',
      'r: { match: [GET /r] } # z\n',
      `r: { match: [GET /r], compare: { ignore: [${written}] } } # z\n`,
    ],
    ['fills an empty mapping', 'r:\n  compare: {}\n', `r:\n  compare: { ignore: [${written}] }\n`],
    [
      'ends a file that has no line break',
      'r:\n  a: 1',
      `r:\n  a: 1\n  compare:\n    ignore:\n      - ${written}`,
    ],
    [
      'keeps CRLF',
      'r:\r\n  a: 1\r\nz: 1\r\n',
      `r:\r\n  a: 1\r\n  compare:\r\n    ignore:\r\n      - ${written}\r\nz: 1\r\n`,
    ],
  ])('%s', (_, text, expected) => {
    expect(appendItem(text, { path, item })).toBe(expected);
  });

  it('writes a comment behind an item on a line of its own, and keeps a placeholder as it stands', () => {
    const append = { path: ['r', 'unordered'], item: '$.${x}', comment: 'as agreed\nin May' };
    expect(appendItem('r:\n  a: 1\n', append)).toBe(
      'r:\n  a: 1\n  unordered:\n    - "$.$${x}" # as agreed in May\n',
    );
  });

  it.each([
    ['a value that is no list', 'r:\n  compare:\n    ignore: x\n', 'r.compare.ignore is no list'],
    ['a value that is no mapping', 'r:\n  compare: x\n', 'r.compare is no mapping'],
    ['an alias', 'a: &a { x: 1 }\nr: *a\n', 'r is an alias'],
    [
      'an alias as the last one',
      'a: &a { x: 1 }\nr: { compare: { ignore: [*a] } }\n',
      'the last item of r.compare.ignore is an alias',
    ],
  ])('refuses %s', (_, text, why) => {
    expect(() => appendItem(text, { path, item })).toThrow(EditRefused);
    expect(() => appendItem(text, { path, item })).toThrow(why);
  });
});
