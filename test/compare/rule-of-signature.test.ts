import { describe, expect, it } from 'vitest';
import { ruleOf } from '../../gateway/compare/rule-of-signature.ts';

const reason = 'because';

describe('the rule of a signature', () => {
  it.each([
    ['$.updatedAt value timestamp:timestamp', { path: '$.updatedAt', kind: 'value' }],
    ['$.updatedAt value epoch-s:epoch-ms', { path: '$.updatedAt', kind: 'value' }],
    ['$.items[*].total value number:number', { path: '$.items[*].total', kind: 'value' }],
    ['$.by.{*}.at value text:email', { path: '$.by.*.at', kind: 'value' }],
    ["$['odd key'] removed text:absent", { path: "$['odd key']", kind: 'removed' }],
    ['$.meta added absent:object', { path: '$.meta', kind: 'added' }],
    ['html>body>h1 value text:text', { path: 'html>body>h1', kind: 'value' }],
    ['header:x-served-in header text:text', { header: 'x-served-in', kind: 'value' }],
    ['header:x-cache header absent:text', { header: 'x-cache', kind: 'added' }],
    ['header:x-cache header text:absent', { header: 'x-cache', kind: 'removed' }],
  ])('%s is excused, and nothing else', (signature, item) => {
    expect(ruleOf(signature, reason)).toEqual({ key: 'ignore', item: { ...item, reason } });
  });

  it.each([
    ['uuid', '6f9619ff-8b86-d011-b42d-00c04fc964ff', 'no-uuid'],
    ['uuid', '6f9619ff-8b86-d011-b42d-00c04fc964ff', '6F9619FF-8B86-D011-B42D-00C04FC964FF'],
    ['uuid-upper-braced', '{6F9619FF-8B86-D011-B42D-00C04FC964FF}', '6F9619FF-8B86-D011-B42D-00C04FC964FF'],
    ['uuid-mixed', '6F9619ff-8b86-d011-b42d-00c04fc964ff', '6F9619ff'],
    ['hex-8', 'deadbe11', 'deadbe1'],
    ['hex-8', 'deadbe11', 'DEADBE11'],
    ['hex-upper-8', 'DEADBE11', 'deadbe11'],
    ['digits-7', '1234567', '12345678'],
    ['epoch-s', '1767225600', '1767225600123'],
    ['epoch-ms', '1767225600123', '1767225600'],
    ['epoch-s-fraction', '1767225600.123', '1767225600'],
    ['timestamp-YYYY-MM-DDThh.mm.ssZ', '2026-03-04T05:06:07Z', '2026-03-04T05:06:07+00:00'],
  ])('of values of class %s excuses only those', (found, good, bad) => {
    const rule = ruleOf(`$.id value ${found}:${found}`, reason);
    const { match = '' } = rule.key === 'ignore' ? rule.item : {};
    expect(new RegExp(match, 'u').test(good)).toBe(true);
    expect(new RegExp(match, 'u').test(bad)).toBe(false);
  });

  it('of another order is the list itself', () => {
    expect(ruleOf('$.items order array:array', reason)).toEqual({ key: 'unordered', item: '$.items' });
  });

  it.each([
    ['status status number:number', 'statusEquivalent'],
    ['$.id type number:text', 'a fault of one side'],
    ['$.items multiset array:array', 'a fault of one side'],
    ['header:set-cookie sid header text:text', 'every cookie'],
    ['nonsense', 'expected a signature'],
  ])('%s has none, and says why', (signature, why) => {
    const rule = ruleOf(signature, reason);
    expect(rule.key === undefined && rule.why).toContain(why);
  });
});
