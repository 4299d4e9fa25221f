import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';
import { sendRaw, valuesOf } from '../kit/raw.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const page = readPage('docs/headers.md');

const table = (trust: string): string => `
monolith: legacy
trust: [${trust}]
debugHeaders: true
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", cookies: [kept] }
routes:
  orders:
    match: [/orders/*]
    service: orders
    stage: migrated
    data: synced
    deprecation: { since: 2026-11-01, sunset: 2027-06-30, link: https://example.com/bye }
`;

/** What the client says of each field, unless it says `sent`. */
const sent: Readonly<Record<string, string>> = {
  host: 'shop.example.com',
  connection: 'x-named-by-connection',
  cookie: 'kept=1; other=2',
  te: 'gzip',
  expect: '100-continue',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  via: '1.1 elsewhere',
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'front.example.com',
  'x-forwarded-port': '444',
};
const valueSent = (name: string): string => sent[name] ?? 'sent';

/** What became of a field, by the values that the upstream got. */
function fateOf(name: string, got: readonly string[]): string {
  const was = valueSent(name);
  if (got.length === 0) return 'dropped';
  if (got.join() === was) return 'kept';
  if (got.join(', ').startsWith(`${was}, `)) return 'appended to';
  if (name === 'traceparent' && got[0]?.slice(0, 35) === was.slice(0, 35)) return 'continued';
  if (name === 'cookie' && got.join() === 'kept=1') return 'only those of its `cookies:`';
  return 'replaced';
}

const request = (path: string, names: readonly string[]): string =>
  `GET ${path} HTTP/1.1\r\n${names.map(name => `${name}: ${valueSent(name)}`).join('\r\n')}\r\n\r\n`;

describe('docs/headers.md', () => {
  const rows = tableOf(page, 'field');

  it.each([
    ['a stranger', '', 0],
    ['a trusted peer', 'loopback', 1],
  ])('says what becomes of the fields of %s, by side', async (_, trust, at) => {
    const names = rows.flatMap(([cell]) => codesIn(cell));
    const columns = { legacy: 1, orders: 2 } as const;
    await using world = await openWorld(table(trust), { legacy: echo('legacy'), orders: echo('orders') });
    for (const side of ['legacy', 'orders'] as const) {
      await sendRaw(world.url, request(`/${side}/1`, names));
      const got = world.upstreams[side].seen[0]?.rawHeaders ?? [];
      for (const row of rows)
        for (const name of codesIn(row[0])) {
          const [first = '', second] = (row[columns[side]] ?? '').split(/, (?=\w+ (?:to )?if trusted)/);
          const told = at === 1 && second !== undefined ? second.replace(' if trusted', '') : first;
          expect([side, name, fateOf(name, valuesOf(got, name))]).toEqual([side, name, told]);
        }
      expect(got.filter((__, i) => i % 2 === 0).some(name => name.includes('_'))).toBe(false);
    }
  });

  it('says what becomes of the fields of an answer, and what is added', async () => {
    const answers = tableOf(page.slice(page.indexOf('## From an upstream')), 'field');
    const own = (origin: string): Readonly<Record<string, string>> => ({
      connection: 'close, x-named-by-connection',
      location: `${origin}/orders/2`,
      'content-location': `${origin}/orders/2`,
      link: `<${origin}/orders/2>; rel="next"`,
      'set-cookie': 'a=1; Domain=127.0.0.1',
      date: 'Sun, 22 Nov 2026 00:00:00 GMT',
    });
    const fields = answers.slice(0, 6).flatMap(([cell]) => codesIn(cell));
    const answering: RequestListener = (req, res) => {
      const values = own(`http://${req.headers.host}`);
      res.sendDate = false;
      res.writeHead(
        200,
        fields.flatMap(name => [name, values[name] ?? 'given']),
      );
      res.end();
    };
    await using world = await openWorld(table(''), { legacy: echo('legacy'), orders: answering });
    const origin = world.upstreams.orders.url;
    const answer = await sendRaw(world.url, request('/orders/1', ['host']));
    const treatment: Readonly<Record<string, (got: readonly string[], was: string) => unknown>> = {
      dropped: got => !got.includes('given') && !got.some(value => value.includes('x-named-by-connection')),
      replaced: got => got.length === 1 && got[0] !== 'given',
      kept: (got, was) => got.join() === was,
      "an upstream's own origin becomes the client's": (got, was) =>
        got[0] === was.replace(origin, 'http://shop.example.com'),
      "a `Domain` that names the upstream becomes the client's host": got =>
        got[0] === 'a=1; Domain=shop.example.com',
    };
    for (const [cell, told = ''] of answers.slice(0, 6))
      for (const name of codesIn(cell)) {
        const holds = treatment[told]?.(valuesOf(answer.fields, name), own(origin)[name] ?? 'given');
        expect([name, told, holds]).toEqual([name, told, true]);
      }
    for (const name of ['x-request-id', 'x-figway', 'deprecation', 'sunset', 'link'])
      expect([name, valuesOf(answer.fields, name).length > 0]).toEqual([name, true]);

    await world.upstreams.orders.kill();
    const failed = await sendRaw(world.url, request('/orders/1', ['host']));
    expect(valuesOf(failed.fields, 'proxy-status')).toEqual(['figway; error=connection_refused']);
    expect(valuesOf(failed.fields, 'x-figway')[0]).toContain('served=gateway');
  });

  it('answers a loop with 508', async () => {
    await using world = await openWorld(table(''), { legacy: echo('legacy'), orders: echo('orders') });
    const looped = await sendRaw(
      world.url,
      'GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 x, 1.1 figway\r\nConnection: close\r\n\r\n',
    );
    expect(looped.status).toBe(508);
    expect(world.upstreams.legacy.seen).toEqual([]);
  });
});
