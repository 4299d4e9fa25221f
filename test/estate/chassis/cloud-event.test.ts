import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type CloudEvent,
  newEvent,
  parseCloudEvent,
} from '../../../extracted-services/chassis/events/cloud-event.ts';

const event = newEvent({
  source: '/services/payments',
  type: 'payment.captured.v1',
  subject: 'payment/p-1',
  data: { cents: 1290 },
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
});
const parse = (change: object): CloudEvent | { malformed: string } =>
  parseCloudEvent(JSON.stringify({ ...event, ...change }));

it('has an id of its own and the time of its making', () => {
  expect(event.id).not.toBe(newEvent({ ...event, type: 'payment.captured.v1' }).subject);
  expect(Math.abs(Date.parse(event.time) - Date.now())).toBeLessThan(60_000);
});

it('comes back as it was, for any data', () => {
  fc.assert(
    fc.property(fc.jsonValue(), data => {
      const sent = { ...event, data: JSON.parse(JSON.stringify(data)) };
      expect(parseCloudEvent(JSON.stringify(sent))).toEqual(sent);
    }),
  );
});

it('may have attributes and a type that nobody here knows', () => {
  expect(parse({ type: 'refund.asked.v2', partitionkey: 'a' })).toEqual({
    ...event,
    type: 'refund.asked.v2',
  });
});

it.each([
  [{ specversion: '0.3' }, 'specversion: expected "1.0", got "0.3"'],
  [{ id: undefined }, /^id: .* got nothing/],
  [{ id: '' }, /^id: /],
  [{ id: 'x'.repeat(129) }, /^id: .*…$/],
  [{ source: 7 }, /^source: .* got 7$/],
  [{ type: 'payment.captured' }, /^type: /],
  [{ subject: 'payment p-1' }, /^subject: /],
  [{ time: 'yesterday' }, /^time: .* got "yesterday"/],
  [{ time: '2026-13-41T25:00:00Z' }, /^time: expected an instant/],
  [{ datacontenttype: 'text/xml' }, 'datacontenttype: expected application/json, got "text/xml"'],
  [{ data: undefined }, 'data: expected a JSON value, got nothing'],
])('is refused with a reason: %j', (change, reason) => {
  const parsed = parse(change);
  expect('malformed' in parsed && parsed.malformed).toMatch(reason);
});

it.each(['', 'null', '[]', '"text"', '{'])('is refused where it is no object: %s', text => {
  expect(parseCloudEvent(text)).toEqual({ malformed: `expected a JSON object, got ${text}` });
});

it('is refused beyond its bound in bytes', () => {
  expect(parse({ data: 'ü'.repeat(140_000) })).toMatchObject({ malformed: /^expected at most 262144 bytes/ });
});
