import { describe, expect, it } from 'vitest';
import { layoutOf, layoutPattern } from '../../gateway/compare/canonical/time-layout.ts';
import { classOf, classOfText, familyOf } from '../../gateway/compare/canonical/value-class.ts';
import { compareAnswers } from '../../gateway/compare/compare.ts';
import { answer, rulesOf } from '../kit/answers.ts';

/** Each with another value of its format; no two of them are one format. */
const timestamps = [
  ['YYYY-MM-DD', '2026-03-04', '2026-11-26'],
  ['YYYY-MM-DDThh.mmZ', '2026-03-04T05:06Z', '2026-11-26T15:16Z'],
  ['YYYY-MM-DDThh.mm.ssZ', '2026-03-04T05:06:07Z', '2026-11-26T15:16:17Z'],
  ['YYYY-MM-DDthh.mm.ssz', '2026-03-04t05:06:07z', '2026-11-26t15:16:17z'],
  ['YYYY-MM-DDThh.mm.ss', '2026-03-04T05:06:07', '2026-11-26T15:16:17'],
  ['YYYY-MM-DD_hh.mm.ss', '2026-03-04 05:06:07', '2026-11-26 15:16:17'],
  ['YYYY-MM-DD_hh.mm.ss_+0000', '2026-03-04 05:06:07 +0000', '2026-11-26 15:16:17 +0000'],
  ['YYYY-MM-DDThh.mm.ss+01.00', '2026-03-04T05:06:07+01:00', '2026-11-26T15:16:17+01:00'],
  ['YYYY-MM-DDThh.mm.ss+02.00', '2026-03-04T05:06:07+02:00', '2026-11-26T15:16:17+02:00'],
  ['YYYY-MM-DDThh.mm.ss+0100', '2026-03-04T05:06:07+0100', '2026-11-26T15:16:17+0100'],
  ['YYYY-MM-DDThh.mm.ss-05', '2026-03-04T05:06:07-05', '2026-11-26T15:16:17-05'],
  ['YYYY-MM-DDThh.mm.ss.fffZ', '2026-03-04T05:06:07.123Z', '2026-11-26T15:16:17.4Z'],
  ['YYYY-MM-DDThh.mm.ss,fffZ', '2026-03-04T05:06:07,123Z', '2026-11-26T15:16:17,456Z'],
  ['YYYY-MM-DDThh.mm.ss.ffffffZ', '2026-03-04T05:06:07.123456Z', '2026-11-26T15:16:17.6543Z'],
  ['YYYY-MM-DDThh.mm.ss.fffffffffZ', '2026-03-04T05:06:07.123456789Z', '2026-11-26T15:16:17.12345678Z'],
  ['ddd,_DD_Mon_YYYY_hh.mm.ss_GMT', 'Wed, 04 Mar 2026 05:06:07 GMT', 'Thu, 26 Nov 2026 15:16:17 GMT'],
  ['ddd,_D_Mon_YYYY_hh.mm.ss_GMT', 'Wed, 4 Mar 2026 05:06:07 GMT', 'Sun, 1 Nov 2026 15:16:17 GMT'],
  ['ddd,_DD_Mon_YYYY_hh.mm.ss_+0100', 'Wed, 04 Mar 2026 05:06:07 +0100', 'Thu, 26 Nov 2026 15:16:17 +0100'],
  ['ddd,_DD_Mon_YYYY_hh.mm_GMT', 'Wed, 04 Mar 2026 05:06 GMT', 'Thu, 26 Nov 2026 15:16 GMT'],
  ['ddd,_DD-Mon-YYYY_hh.mm.ss_GMT', 'Wed, 04-Mar-2026 05:06:07 GMT', 'Thu, 26-Nov-2026 15:16:17 GMT'],
  ['dddd,_DD-Mon-YY_hh.mm.ss_GMT', 'Wednesday, 04-Mar-26 05:06:07 GMT', 'Friday, 27-Nov-26 15:16:17 GMT'],
  ['DD_Mon_YYYY_hh.mm.ss_UTC', '04 Mar 2026 05:06:07 UTC', '26 Nov 2026 15:16:17 UTC'],
  ['DD_Mon_YYYY_hh.mm.ss', '04 Mar 2026 05:06:07', '26 Nov 2026 15:16:17'],
  ['ddd_Mon_DD_hh.mm.ss_YYYY', 'Wed Mar 14 05:06:07 2026', 'Thu Nov 26 15:16:17 2026'],
  ['ddd_Mon__D_hh.mm.ss_YYYY', 'Wed Mar  4 05:06:07 2026', 'Sun Nov  1 15:16:17 2026'],
] as const;

const ids = [
  ['uuid', '123e4567-e89b-12d3-a456-426614174000', '6f9619ff-8b86-d011-b42d-00c04fc964ff'],
  ['uuid-upper', '123E4567-E89B-12D3-A456-426614174000', '6F9619FF-8B86-D011-B42D-00C04FC964FF'],
  ['uuid-braced', '{123e4567-e89b-12d3-a456-426614174000}', '{6f9619ff-8b86-d011-b42d-00c04fc964ff}'],
  ['hex-32', '5d41402abc4b2a76b9719d911017c592', '7d793037a0760186574b0282f2f435e7'],
  ['hex-upper-32', '5D41402ABC4B2A76B9719D911017C592', '7D793037A0760186574B0282F2F435E7'],
  ['hex-16', 'b9719d911017c592', '574b0282f2f435e7'],
  ['digits-8', '12345678', '87654321'],
  ['digits-12', '123456781234', '876543218765'],
] as const;

const epochs = [
  ['epoch-s', 1764133200, 1764133201],
  ['epoch-ms', 1764133200123, 1764133201456],
  ['epoch-s-fraction', 1764133200.12, 1764133201.4567],
] as const;

describe('the class of a timestamp', () => {
  it.each(timestamps)('is %s for %s and %s', (layout, first, second) => {
    expect(classOfText(first)).toBe(`timestamp-${layout}`);
    expect(classOfText(second)).toBe(`timestamp-${layout}`);
  });

  it('is a pattern for its own layout alone', () => {
    for (const [layout, first, second] of timestamps) {
      const pattern = new RegExp(layoutPattern(layout), 'u');
      expect(layoutOf(first)).toBe(layout);
      const fitting = timestamps.filter(([, one, other]) => pattern.test(one) || pattern.test(other));
      expect(fitting).toEqual([[layout, first, second]]);
    }
  });
});

describe('the class of an id or a number of seconds', () => {
  it.each(ids)('is %s for %s and %s', (found, first, second) => {
    expect([classOfText(first), classOfText(second)]).toEqual([found, found]);
  });

  it.each(epochs)('is %s for %s and %s, as number and as text', (found, first, second) => {
    expect([first, second, `${first}`, `${second}`].map(classOf)).toEqual([found, found, found, found]);
  });

  it('is no drifting one for an ulid, for microseconds, or for half a brace', () => {
    expect(classOfText('01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe('text');
    expect(classOf(1764133200123456)).toBe('number');
    expect(classOfText('{123e4567-e89b-12d3-a456-426614174000')).toBe('text');
  });

  it('belongs to a family, which is what rules of `types` go by', () => {
    expect(ids.map(([found]) => familyOf(found))).toEqual([
      ...['uuid', 'uuid', 'uuid', 'hex', 'hex', 'hex', 'digits', 'digits'],
    ]);
  });
});

/** Legacy drifts in one format, the service answers in another or in the same. */
function judge(legacy: unknown, service: unknown, legacy2: unknown): string {
  const say = (at: unknown) => answer(JSON.stringify({ at }));
  const pair = { method: 'GET', legacy: say(legacy), service: say(service), legacy2: say(legacy2) };
  return compareAnswers(pair, rulesOf()).outcome;
}

describe('where legacy drifts by itself', () => {
  const formats: readonly (readonly [string, unknown, unknown])[] = [
    ...timestamps,
    ...ids,
    ...epochs,
    ['microseconds', 1764133200123456, 1764133201123456],
    ['microseconds as text', '1764133200123456', '1764133201123456'],
    ['ulid', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '01BX5ZZKBKACTAV9WEVGEMMVRZ'],
  ];
  const drifting = formats.filter(([name]) => name !== 'microseconds' && name !== 'ulid');

  it.each(drifting)('a service that drifts in the same format is noise: %s', (_name, first, second) => {
    expect(judge(first, second, second)).toBe('noise');
  });

  it.each(drifting)('any other format of the service is a mismatch: %s', (name, first, second) => {
    for (const [other, planted] of formats)
      if (other !== name) expect(judge(first, planted, second), `${name} → ${other}`).toBe('mismatch');
  });
});
