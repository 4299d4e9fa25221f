import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answering,
  type Edge,
  get,
  headAt,
  openEdge,
  ordersAnswer,
  trusting,
  valuesIn,
} from '../kit/edge.ts';

let stranger: Edge;
beforeAll(async () => {
  stranger = await openEdge(trusting(''));
});
afterAll(async () => {
  await stranger[Symbol.asyncDispose]();
});
beforeEach(() => stranger.orders.script(answering(ordersAnswer)));

const headFor = (lines: readonly string[], edge = stranger, target = '/orders/1'): Promise<string> =>
  headAt(edge, target, lines);

describe('X-Forwarded fields are replaced for a stranger, continued for a trusted peer; Forwarded is always dropped', () => {
  const lines = [
    'X-Forwarded-For: 198.51.100.7, 203.0.113.9',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: shop.example.com',
    'X-Forwarded-Port: 8443',
    'Forwarded: for=198.51.100.7',
  ];
  const told = (head: string): string[][] =>
    ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'forwarded'].map(name =>
      valuesIn(head, name),
    );

  it('from a stranger', async () => {
    expect(told(await headFor(lines))).toEqual([['127.0.0.1'], ['http'], ['shop'], ['80'], []]);
  });

  it('from a trusted peer', async () => {
    await using friend = await openEdge(trusting('loopback'));
    expect(told(await headFor(lines, friend))).toEqual([
      ['198.51.100.7, 203.0.113.9, 127.0.0.1'],
      ['https'],
      ['shop.example.com'],
      ['8443'],
      [],
    ]);
  });

  it('from a trusted peer the client is the rightmost stranger', async () => {
    await using edge = await openEdge(`
monolith: legacy
trust: [loopback, 203.0.113.0/24]
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: canary, percent: 0, by: [ip], data: synced, pin: { service: ["ip:198.51.100.7"] } }
`);
    const served = async (chain: string): Promise<string> =>
      (await edge.send(get('/orders/1', `X-Forwarded-For: ${chain}`))).body.toString();
    expect(await served('198.51.100.7, 203.0.113.9')).toBe('orders');
    expect(await served('198.51.100.7, 192.0.2.1, 203.0.113.9')).toBe('legacy');
    expect(await served('198.51.100.7')).toBe('orders');
  });
});

describe('identity fields from outside are dropped in any spelling, and the gateway’s own survive', () => {
  const spellings = [
    'X-User-Id',
    'X_User_Id',
    'x-user_id',
    'X.User.Id',
    'x-user-scopes',
    'X-USER-ROLES',
    'X_User_Token',
    'x-figway-route',
    'X_Figway_Anything',
    'X-Shadow',
    'x_shadow',
  ];

  it.each(['/orders/1', '/files'])('on %s', async target => {
    const head = await headFor(
      [
        ...spellings.map(name => `${name}: eve`),
        `Connection: ${spellings.join(', ')}, x-request-id, traceparent`,
      ],
      stranger,
      target,
    );
    expect(head).not.toContain('eve');
    for (const name of ['x-request-id', 'traceparent', 'via']) expect(valuesIn(head, name)).toHaveLength(1);
  });

  it('from a trusted peer too', async () => {
    await using friend = await openEdge(trusting('loopback'));
    expect(
      await headFor(
        spellings.map(name => `${name}: eve`),
        friend,
      ),
    ).not.toContain('eve');
  });

  it('as trailers', async () => {
    const got = await stranger.forwarded(() =>
      stranger.send(
        `POST /orders/1 HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${spellings.map(name => `${name}: eve\r\n`).join('')}\r\n`,
      ),
    );
    expect(got).not.toBe('');
    expect(got).not.toContain('eve');
  });

  it('on an upgrade', async () => {
    stranger.orders.script(
      answering('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    const head = await stranger.forwarded(async () => {
      const client = await stranger.open();
      client.send(
        get(
          '/orders/1',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
          ...spellings.map(name => `${name}: eve`),
        ),
      );
      expect((await client.answer()).status).toBe(101);
      client.close();
    });
    expect(head).toMatch(/\r\nupgrade: websocket\r\n/i);
    expect(head).not.toContain('eve');
    expect(valuesIn(head, 'x-request-id')).toHaveLength(1);
  });
});
