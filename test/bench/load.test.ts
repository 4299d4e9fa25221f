import { once } from 'node:events';
import http from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Children, createChildren } from './children.ts';
import { pace } from './load.ts';

let children: Children;
let server: http.Server;

beforeEach(() => {
  children = createChildren();
});

afterEach(async () => {
  await children.stop();
  children.close();
  server.closeAllConnections();
  server.close();
});

/** A server that answers each request by its running number; the target that asks it. */
async function serve(answer: (index: number, res: http.ServerResponse) => void) {
  let index = 0;
  server = http.createServer((_req, res) => answer(index++, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { port, paths: ['/a', '/b'], headers: { 'x-bench': '1' } };
}

test('a constant rate sends what the schedule says, on every path, and no request fails', async () => {
  const seen = new Set<string | undefined>();
  const target = await serve((_, res) => {
    seen.add(`${res.req.url} ${res.req.headers['x-bench']}`);
    res.end('ok');
  });
  const result = await pace(children, target, 1, 200);
  expect(result).toMatchObject({ requests: 200, failed: 0 });
  expect(seen).toEqual(new Set(['/a 1', '/b 1']));
});

test('answers of 500 and closed connections are failures, and the rest goes on', async () => {
  const target = await serve((index, res) => {
    if (index === 10) res.destroy();
    else res.writeHead(index === 20 ? 500 : 200).end('ok');
  });
  expect(await pace(children, target, 1, 100)).toMatchObject({ requests: 100, failed: 2 });
});

test('a stall is charged to every request that fell due in it, not to one on each connection', async () => {
  let stalledUntil: Promise<void> | undefined;
  const target = await serve((index, res) => {
    if (index === 50) stalledUntil = new Promise(resolve => setTimeout(resolve, 700));
    if (stalledUntil === undefined) res.end('ok');
    else void stalledUntil.then(() => res.end('ok'));
  });
  const result = await pace(children, target, 1, 1000);
  expect(result.requests).toBe(1000);
  expect(result.longest).toBeGreaterThan(650);
  expect(result.p50).toBeGreaterThan(100);
});
