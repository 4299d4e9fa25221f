import { expect, it } from 'vitest';
import { toAskedFields } from '../../gateway/offline/asking.ts';
import type { RecordedRequest } from '../../gateway/offline/recorded.ts';
import { createSelection, type Selection } from '../../gateway/offline/selection.ts';
import { guessTemplate } from '../../gateway/offline/template.ts';

const choose = () => ({ template: '/', entry: -1, params: [] });
const add = (selection: Selection, target: string, more: Partial<RecordedRequest> = {}) =>
  selection.add({ place: 'line 1', request: { method: 'GET', target, fields: [], ...more } });
const targets = (selection: Selection) => selection.selected().map(({ request }) => request.target);

it('asks a repeated request once, and prefers the recording that was not refused', () => {
  const selection = createSelection({ seed: 's', choose });
  add(selection, '/a', { status: 401 });
  add(selection, '/a', { status: 200 });
  add(selection, '/a', { fields: ['Accept', 'text/html'] });
  expect(selection.selected()).toHaveLength(2);
  expect(selection.selected().map(({ request }) => request.status)).toContain(200);
  expect(selection.counts()).toMatchObject({ requests: 3, repeated: 1, leftOut: 0 });
});

it('has an order that the seed settles, whatever the order of the recording', () => {
  const all = Array.from({ length: 50 }, (_, at) => `/${at}`);
  const orderOf = (seed: string, given: readonly string[]) => {
    const selection = createSelection({ seed, choose });
    for (const target of given) add(selection, target);
    return targets(selection);
  };
  expect(orderOf('s', all)).toEqual(orderOf('s', all.toReversed()));
  expect(orderOf('s', all)).not.toEqual(orderOf('t', all));
  expect(orderOf('s', all)).not.toEqual(all);
});

it('beyond its bound holds a sample, and counts what it left out', () => {
  const selection = createSelection({ seed: 's', choose, most: 20 });
  for (let at = 0; at < 1000; at++) add(selection, `/${at % 200}`);
  expect(selection.selected()).toHaveLength(20);
  const { requests, repeated, leftOut } = selection.counts();
  expect(requests).toBe(1000);
  expect(repeated + leftOut).toBe(980);
  const whole = createSelection({ seed: 's', choose });
  for (let at = 0; at < 200; at++) add(whole, `/${at}`);
  expect(targets(selection)).toEqual(targets(whole).slice(0, 20));
});

it('holds so many bytes and no more', () => {
  const selection = createSelection({ seed: 's', choose, mostBytes: 10_000 });
  for (let at = 0; at < 100; at++) add(selection, `/${at}`, { body: Buffer.alloc(1000) });
  expect(selection.selected().length).toBeLessThan(10);
  expect(selection.selected().length).toBeGreaterThan(3);
});

it.each([
  ['/orders/42/lines/7?x=1', '/orders/:id/lines/:id'],
  ['/users/3f2504e0-4f89-11d3-9a0c-0305e82c3301', '/users/:id'],
  ['/api/v2/orders/ORD-1042', '/api/v2/orders/:id'],
  ['/orders', '/orders'],
  ['/', '/'],
])('takes %s for %s', (target, template) => {
  expect(guessTemplate(target)).toBe(template);
});

it('sends what was recorded, but for framing, conditions, pseudo and redacted fields; own fields win', () => {
  const fields = [
    ...['Host', 'shop.example', 'Accept-Language', 'de', 'Cookie', 'a=1', 'If-None-Match', '"x"'],
    ...[':path', '/', 'Authorization', '***', 'Connection', 'keep-alive', 'Content-Length', '99'],
  ];
  const request = { method: 'POST', fields, body: Buffer.from('{}') };
  expect(toAskedFields(request, '127.0.0.1:1', ['cookie', 'b=2'])).toEqual([
    ...['host', '127.0.0.1:1', 'Accept-Language', 'de', 'accept', '*/*', 'user-agent', 'figway-replay'],
    ...['content-length', '2', 'cookie', 'b=2'],
  ]);
  expect(
    toAskedFields({ method: 'GET', fields: [], body: undefined }, 'h', ['Host', 'shop.example']),
  ).toEqual(['accept', '*/*', 'user-agent', 'figway-replay', 'Host', 'shop.example']);
});
