import { describe, expect, it } from 'vitest';
import { answer, compared, inJson } from '../kit/answers.ts';

/** Pairs that `JSON.parse` with a diff library gets wrong, one way or the other. */
const equal: readonly (readonly [what: string, legacy: string, service: string])[] = [
  ['a whole number with a fraction of zero', '{"a":42}', '{"a":42.0}'],
  ['a number with an exponent', '{"a":42}', '{"a":4.2e1}'],
  ['an exponent with a sign and zeros', '{"a":0.042}', '{"a":4.20E-02}'],
  ['minus zero', '{"a":-0}', '{"a":0}'],
  ['minus zero with an exponent', '{"a":-0e7}', '{"a":0.0}'],
  [
    'an integer beyond 2^53, spelled with an exponent',
    '[10765432100123456789]',
    '[1.0765432100123456789e19]',
  ],
  ['a huge power of ten', '[1e400]', '[10e399]'],
  ['members in another order', '{"a":1,"b":[true,null]}', '{"b":[true,null],"a":1}'],
  ['members called __proto__ in another order', '{"__proto__":1,"b":2}', '{"b":2,"__proto__":1}'],
  ['escapes', '{"a":"\\u00e9\\/"}', '{"a":"é/"}'],
  ['white space', '{ "a" : [ 1 , 2 ] }\n', '{"a":[1,2]}'],
  ['a byte order mark', '\uFEFF{"a":1}', '{"a":1}'],
];

const different: readonly (readonly [what: string, legacy: string, service: string, places: string[]])[] = [
  ['integers beyond 2^53', '[10765432100123456789]', '[10765432100123456000]', ['$[0] value']],
  ['fractions that are one double', '[9007199254.7409921]', '[9007199254.7409922]', ['$[0] value']],
  ['numbers that overflow a double', '[1e999]', '[1e998]', ['$[0] value']],
  ['numbers that underflow a double', '[1e-400]', '[0]', ['$[0] value']],
  ['an added __proto__', '{"a":1}', '{"a":1,"__proto__":{"x":1}}', ['$.__proto__ added']],
  ['a changed __proto__', '{"__proto__":{"x":1}}', '{"__proto__":{"x":2}}', ['$.__proto__.x value']],
  ['an added constructor', '{}', '{"constructor":1}', ['$.constructor added']],
  ['a removed toString', '{"toString":"x"}', '{}', ['$.toString removed']],
  ['hasOwnProperty as a member', '{"hasOwnProperty":1}', '{"hasOwnProperty":2}', ['$.hasOwnProperty value']],
  ['a list and an object with its indexes', '[1]', '{"0":1}', ['$ type']],
  ['an empty list and an empty object', '{"a":[]}', '{"a":{}}', ['$.a type']],
  ['null and missing', '{"a":null}', '{}', ['$.a removed']],
  ['null and nothing in it', '{"a":null}', '{"a":""}', ['$.a type']],
  ['null and false', '{"a":null}', '{"a":false}', ['$.a type']],
  ['a number and its text', '{"a":1}', '{"a":"1"}', ['$.a type']],
  ['true and 1', '[true]', '[1]', ['$[0] type']],
  ['zero and an empty text', '[0]', '[""]', ['$[0] type']],
  ['a repeated name', '{"a":1,"a":2}', '{"a":2}', ['$.a multiset']],
  ['another value behind a repeated name', '{"a":1,"a":2}', '{"a":3,"a":2}', ['$.a multiset']],
  ['the last of a repeated name', '{"a":1,"a":2}', '{"a":1,"a":3}', ['$.a value']],
  ['the order of a list', '[1,2,3]', '[3,2,1]', ['$ order']],
  ['the order of a list in a list', '{"a":[[1,2],[3]]}', '{"a":[[2,1],[3]]}', ['$.a[0] order']],
  ['a repeated item for another', '[1,1,2]', '[1,2,2]', ['$[1] value']],
  ['a longer list', '[1,2]', '[1,2,3]', ['$[2] added']],
  ['a shorter list', '[1,null]', '[1]', ['$[1] removed']],
  [
    'a list that moved on by one',
    '[1,2,3]',
    '[0,1,2,3]',
    ['$[0] value', '$[1] value', '$[2] value', '$[3] added'],
  ],
  ['unicode that only looks the same', '["\\u00e9"]', '["e\\u0301"]', ['$[0] value']],
  ['a lone surrogate', '["\\ud800"]', '["\\ud801"]', ['$[0] value']],
  ['an odd key', '{"a b":1}', '{"a b":2}', ["$['a b'] value"]],
  ['a key with a quote', '{"a\'b":1}', '{"a\'b":2}', ["$['a\\'b'] value"]],
  ['an empty key', '{"":1}', '{"":2}', ["$[''] value"]],
  ['case of a name', '{"Id":1}', '{"id":1}', ['$.Id removed', '$.id added']],
];

describe('a tricky pair', () => {
  it.each(equal)('is equal: %s', (_, legacy, service) => {
    expect(compared(answer(legacy), answer(service))).toMatchObject({ outcome: 'match', differences: [] });
    expect(inJson(service, legacy)).toEqual([]);
  });

  it.each(different)('is different: %s', (_, legacy, service, places) => {
    expect(inJson(legacy, service)).toEqual(places);
    expect(inJson(service, legacy)).toHaveLength(places.length);
  });

  it('tells all digits of a number that no double holds', () => {
    const { differences } = compared(answer('[10765432100123456789]'), answer('[10765432100123456000]'));
    expect(differences).toMatchObject([
      {
        legacy: '10765432100123456789',
        service: '10765432100123456000',
        classes: { legacy: 'number', service: 'number' },
        signature: '$[*] value number:number',
      },
    ]);
  });
});
