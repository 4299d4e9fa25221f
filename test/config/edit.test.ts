import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EditRefused, editValues } from '../../gateway/config/edit.ts';
import { parseTree } from '../../gateway/config/tree.ts';
import { toValues } from '../../gateway/config/values.ts';

const orders = (key: string) => ['routes', 'orders', key];

describe('editing in place', () => {
  it.each([
    ['a plain value', 'a: 1 # x\nb: two   # y\n', ['b'], 'three', 'a: 1 # x\nb: three   # y\n'],
    ['a value in single quotes', "a: 'it''s' # x\n", ['a'], "don't", "a: 'don''t' # x\n"],
    ['a value in double quotes', 'a: "x" # x\n', ['a'], 'y\n', 'a: "y\\n" # x\n'],
    ['a quoted text by a number', 'a: "10%"\n', ['a'], 20, 'a: 20\n'],
    [
      'a value in flow style',
      'r: { a: 1, b: two, c: 3 }\n',
      ['r', 'b'],
      'x y',
      'r: { a: 1, b: x y, c: 3 }\n',
    ],
    ['a text that would read as something else', 'a: x\n', ['a'], 'true', 'a: "true"\n'],
    ['a text with a placeholder', 'a: x\n', ['a'], '${A}', 'a: "$${A}"\n'],
    ['a mapping in flow style by a text', 'a: { when: safe } # x\n', ['a'], 'off', 'a: off # x\n'],
    ['a mapping in block style by a text', 'a:\n  b: 1\nc: 2\n', ['a'], 'off', 'c: 2\na: off\n'],
    ['an empty value', 'a:\nb: 1\n', ['a'], 3, 'b: 1\na: 3\n'],
    ['a block scalar', 'a: |\n  x\n  y\nb: 1\n', ['a'], 'z', 'b: 1\na: z\n'],
    ['an item', 'a:\n  - b: 1\n  - b: 2 # x\n', ['a', 1, 'b'], 5, 'a:\n  - b: 1\n  - b: 5 # x\n'],
  ])('replaces %s', (_, text, path, value, expected) => {
    expect(editValues(text, [{ path, value }])).toBe(expected);
  });

  it.each([
    [
      'a block mapping',
      'r:\n  a:\n    x: 1 # one\n  # b follows\n  b: 2\n',
      ['r', 'a', 'y'],
      'r:\n  a:\n    x: 1 # one\n    y: 9\n  # b follows\n  b: 2\n',
    ],
    ['a block mapping at the end without a line break', 'r:\n  a: 1', ['r', 'y'], 'r:\n  a: 1\n  y: 9'],
    [
      'a block mapping that ends with a list',
      'r:\n  a:\n  - 1\n  - 2\nz: 1\n',
      ['r', 'y'],
      'r:\n  a:\n  - 1\n  - 2\n  y: 9\nz: 1\n',
    ],
    [
      'a block mapping that ends with a block scalar',
      'r:\n  a: |\n    x\nz: 1\n',
      ['r', 'y'],
      'r:\n  a: |\n    x\n  y: 9\nz: 1\n',
    ],
    [
      'a mapping behind a dash',
      'r:\n  - a: 1\n  - b: 1\n',
      ['r', 0, 'y'],
      'r:\n  - a: 1\n    y: 9\n  - b: 1\n',
    ],
    ['a flow mapping', 'r: { a: 1 } # x\n', ['r', 'y'], 'r: { a: 1, y: 9 } # x\n'],
    ['a flow mapping over lines', 'r: {\n  a: 1,\n}\n', ['r', 'y'], 'r: {\n  a: 1, y: 9,\n}\n'],
    ['an empty flow mapping', 'r: {}\n', ['r', 'y'], 'r: { y: 9 }\n'],
    ['a file with CRLF', 'r:\r\n  a: 1\r\nz: 1\r\n', ['r', 'y'], 'r:\r\n  a: 1\r\n  y: 9\r\nz: 1\r\n'],
  ])('adds a key to %s', (_, text, path, expected) => {
    expect(editValues(text, [{ path, value: 9 }])).toBe(expected);
  });

  it.each([
    ['a line', 'a: 1 # one\nb: 2 # two\nc: 3\n', ['b'], 'a: 1 # one\nc: 3\n'],
    ['a value over lines', 'a: 1\nb:\n  x: [1,\n    2]\n  y: 1 # end\nc: 3\n', ['b'], 'a: 1\nc: 3\n'],
    ['the first of a flow mapping', 'r: { a: 1, b: 2 }\n', ['r', 'a'], 'r: { b: 2 }\n'],
    ['the last of a flow mapping', 'r: { a: 1, b: 2 }\n', ['r', 'b'], 'r: { a: 1 }\n'],
    ['the only one of a block mapping', 'r:\n  a: 1\nz: 2\n', ['r', 'a'], 'r:\n  {}\nz: 2\n'],
    ['the one behind a dash', 'r:\n  - a: 1\n    b: 2\n', ['r', 0, 'a'], 'r:\n  - b: 2\n'],
  ])('removes %s', (_, text, path, expected) => {
    expect(editValues(text, [{ path, value: undefined }])).toBe(expected);
  });

  it('does several at once, and leaves every other line as it was', () => {
    const text =
      '# head\nroutes:\n  orders:   # the first\n    stage: shadow   # since May\n    percent: 10\n\n    by: [ip]\n  other: {stage: legacy}\n';
    const edited = editValues(text, [
      { path: orders('stage'), value: 'canary' },
      { path: orders('percent'), value: 2.5 },
      { path: orders('data'), value: 'synced' },
      { path: ['routes', 'other', 'stage'], value: 'shadow' },
      { path: orders('gone'), value: undefined },
    ]);
    expect(edited).toBe(
      '# head\nroutes:\n  orders:   # the first\n    stage: canary   # since May\n    percent: 2.5\n\n    by: [ip]\n    data: synced\n  other: {stage: shadow}\n',
    );
  });

  it('refuses what it cannot do well', () => {
    const edit = (text: string, path: (string | number)[]) => () => editValues(text, [{ path, value: 1 }]);
    expect(edit('a: [', ['a'])).toThrow(EditRefused);
    expect(edit('a: 1\n', ['b', 'c'])).toThrow('there is no b');
    expect(edit('a: 1\n', ['a', 'c'])).toThrow('a is no mapping');
    expect(edit('a: &x { n: 1 }\nb: *x\n', ['b', 'n'])).toThrow('b.n stands behind an alias, and is shared');
    expect(edit('a: &x 1\nb: *x\n', ['b'])).toThrow('b is an alias');
  });

  it('says what was asked for, whatever the texts are', () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/);
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.constantFrom('null', '- x', 'a: b', ' #', '~', '0x1', '%', '@', '`'),
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.oneof(fc.string(), fc.integer()), { minKeys: 1 }),
        key,
        value,
        fc.boolean(),
        (holder, name, next, isFlow) => {
          const lines = Object.entries(holder).map(([each, text]) => `${each}: ${JSON.stringify(text)}`);
          const text = isFlow ? `r: { ${lines.join(', ')} }\n` : `r:\n  ${lines.join(' # why\n  ')}\n`;
          const edited = editValues(text, [{ path: ['r', name], value: next }]);
          const { root } = parseTree(edited);
          if (root === undefined) throw new Error('does not parse');
          const values = toValues(root, {}).value as { r: Record<string, unknown> };
          expect(values.r[name]).toBe(next);
        },
      ),
      { numRuns: 300 },
    );
  });
});
