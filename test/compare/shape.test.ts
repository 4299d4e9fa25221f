import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createToShape } from '../../gateway/compare/canonical/shape.ts';
import { compareAnswers } from '../../gateway/compare/compare.ts';
import type { Difference } from '../../gateway/compare/comparison.ts';
import { toKeptDifference } from '../../gateway/compare/keep.ts';
import { compileRules } from '../../gateway/compare/rules.ts';
import { pairRules } from '../../gateway/compare/schema.ts';
import { validate } from '../../gateway/config/validate.ts';
import { answer } from '../kit/answers.ts';

const keys = [1, 2].map(fill => new Uint8Array(32).fill(fill));
const [shapeKey, otherKey] = keys as [Uint8Array, Uint8Array];

/** What `keep: shapes` keeps of what differs, by place. */
function kept(
  legacy: object,
  service: object,
  { key = shapeKey, redact = [] as string[], fields = [''] } = {},
) {
  const { value } = validate(pairRules, { redact });
  if (value === undefined) throw new Error('no rules');
  const around = { origins: { legacy: [], service: [] }, now: 0, shapeKey: key };
  const [first, second = first] = fields;
  const say = (body: object, name: string | undefined) =>
    answer(JSON.stringify(body), { fields: name ? name.split(': ') : [] });
  const pair = { method: 'GET', legacy: say(legacy, first), service: say(service, second) };
  const { differences } = compareAnswers(pair, compileRules(value, around));
  const shown = differences.map(difference => toKeptDifference(difference, 'shapes'));
  return new Map(shown.map(difference => [difference.path, difference]));
}

const hashes = ({ shapes }: Difference = {} as Difference) => [shapes?.legacy?.hash, shapes?.service?.hash];

describe('the shape of a value', () => {
  const { legacy, service } = {
    legacy: { a: 'fig', b: [1, 2], c: 'x' },
    service: { a: 'plum', b: [2], d: 'fig' },
  };

  it('has its length, and no value', () => {
    const a = kept(legacy, service).get('$.a');
    expect(a).not.toHaveProperty('legacy');
    expect(a).not.toHaveProperty('service');
    expect(a?.shapes).toMatchObject({ legacy: { length: 3 }, service: { length: 4 } });
  });

  it('is the same for equal values wherever they stand, and another for others', () => {
    const found = kept(legacy, service);
    const [fig, plum] = hashes(found.get('$.a'));
    expect(fig).toMatch(/^[0-9a-f]{16}$/);
    expect(plum).not.toBe(fig);
    expect(hashes(found.get('$.d'))).toEqual([undefined, fig]);
    expect(hashes(kept({ z: 'fig' }, { z: 1 }).get('$.z'))[0]).toBe(fig);
  });

  it('says nothing without its key: another key gives other hashes, and no plain digest is one', () => {
    const [fig = ''] = hashes(kept(legacy, service).get('$.a'));
    expect(hashes(kept(legacy, service, { key: otherKey }).get('$.a'))[0]).not.toBe(fig);
    for (const text of ['fig', '"fig"', 's3;fig'])
      expect(createHash('sha256').update(text).digest('hex')).not.toContain(fig);
  });

  it('is absent where a credential stands, or what `redact` names', () => {
    const found = kept(
      { email: 'a@b.example', apiToken: 'one', nested: { password: 'one' } },
      { email: 'c@d.example', apiToken: 'two', nested: { password: 'two' } },
      { redact: ['$.email'] },
    );
    expect([...found.keys()]).toEqual(['$.email', '$.apiToken', '$.nested.password']);
    for (const difference of found.values()) expect(difference).not.toHaveProperty('shapes');
  });

  it('of a whole subtree leaves credentials in it out', () => {
    const ofAdded = (password: string, name: string) =>
      hashes(kept({}, { user: { name, password } }).get('$.user'))[1];
    expect(ofAdded('one', 'fig')).toBe(ofAdded('two', 'fig'));
    expect(ofAdded('one', 'fig')).not.toBe(ofAdded('one', 'plum'));
  });

  it('is there for fields, but for those with credentials', () => {
    const ofField = (name: string) => {
      const found = [...kept({}, {}, { fields: [`${name}: a=one`, `${name}: a=three`] }).values()];
      expect(found, name).toHaveLength(1);
      return found[0]?.shapes;
    };
    expect(ofField('x-served-in')).toMatchObject({ legacy: { length: 5 }, service: { length: 7 } });
    for (const secret of ['x-api-key', 'set-cookie', 'www-authenticate'])
      expect(ofField(secret), secret).toBeUndefined();
  });

  it('of a body that nobody reads has its bytes, of a text all its characters', () => {
    const { value } = validate(pairRules, {});
    if (value === undefined) throw new Error('no rules');
    const rules = compileRules(value, { origins: { legacy: [], service: [] }, now: 0, shapeKey });
    const shapesOf = (type: string, legacy: string, service: string) =>
      compareAnswers(
        { method: 'GET', legacy: answer(legacy, { type }), service: answer(service, { type }) },
        rules,
      ).differences[0]?.shapes;
    const [long, longer] = [`${'x'.repeat(3000)}a`, `${'x'.repeat(3000)}bc`];
    for (const type of ['image/png', 'text/plain'])
      expect(shapesOf(type, long, longer), type).toMatchObject({
        legacy: { length: 3001 },
        service: { length: 3002 },
      });
    expect(shapesOf('application/json', '', '{"a":1}')).toMatchObject({ service: { length: 7 } });
    const again = shapesOf('text/plain', longer, 'y');
    expect(again?.legacy).toEqual(shapesOf('text/plain', long, longer)?.service);
  });

  it('tells apart what is written alike, and does not go by order or spelling', () => {
    const toShape = createToShape(shapeKey);
    const hashOf = (json: string) => toShape(JSON.parse(json), () => false).hash;
    const different = [
      '1',
      '"1"',
      '[1]',
      '{"0":1}',
      '["1"]',
      '[1,[]]',
      '[[1]]',
      'null',
      '"null"',
      '{}',
      '[]',
      '""',
    ];
    expect(new Set(different.map(hashOf)).size).toBe(different.length);
    expect(hashOf('{"a":1,"b":2}')).toBe(hashOf('{"b":2,"a":1.0}'));
  });
});
