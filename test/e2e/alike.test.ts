import type { RequestListener } from 'node:http';
import { expect, it } from 'vitest';
import { openWorld } from '../kit/world.ts';

/** What each says that the others do not; `plain` and `again` say nothing of their own. */
const routes = {
  plain: '',
  small: 'maxBody: 10B',
  closed: 'auth: required',
  far: 'ip: { deny: [127.0.0.1] }',
  open: 'cors: { origins: ["https://a.example"] }',
  once: 'limit: 1/1h',
  twice: 'limit: 1/1h',
  other: 'service: products',
  old: 'deprecation: { since: 2026-01-01 }',
  moved: 'rewrite: /elsewhere',
  still: 'stage: legacy',
  again: '',
};

const toRoute = ([name, own]: readonly [string, string]): string => {
  const usual = ['service: orders', 'stage: migrated', 'auth: public'];
  const left = usual.filter(one => own.split(':')[0] !== one.split(':')[0]);
  return `  ${name}: { match: [/${name}], data: synced, ${[...left, own].filter(Boolean).join(', ')} }`;
};

const table = `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" }, products: { url: "\${products}" } }
auth: { jwt: { issuer: "https://id.example/", audience: shop, secret: "thirty-two bytes or more, and secret", algorithms: [HS256] } }
routes:
${Object.entries(routes).map(toRoute).join('\n')}
`;

const says =
  (name: string): RequestListener =>
  (req, res) =>
    void req.resume().on('end', () => res.end(`${name} ${req.url}`));

it('routes that are nearly alike are not taken for one another', async () => {
  const upstreams = { legacy: says('legacy'), orders: says('orders'), products: says('products') };
  await using world = await openWorld(table, upstreams);
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${world.url}${path}`, init);
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  };
  const upload = { method: 'POST', body: 'more than ten bytes' };
  const statuses: Record<string, number> = {};
  const bodies: Record<string, string> = {};
  const fields: Record<string, string[]> = {};
  for (const name of Object.keys(routes)) {
    const answer = await ask(`/${name}`, { ...upload, headers: { origin: 'https://a.example' } });
    statuses[name] = answer.status;
    bodies[name] = answer.body;
    fields[name] = ['deprecation', 'access-control-allow-origin'].filter(field => answer.headers.has(field));
  }
  const allowed = Object.fromEntries(Object.keys(routes).map(name => [name, 200]));
  expect(statuses).toEqual({ ...allowed, small: 413, closed: 401, far: 403 });
  for (const name of ['plain', 'again', 'open', 'once', 'twice', 'old'])
    expect(bodies[name]).toBe(`orders /${name}`);
  expect([bodies.other, bodies.moved, bodies.still]).toEqual([
    'products /other',
    'orders /elsewhere',
    'legacy /still',
  ]);
  const none = Object.fromEntries(Object.keys(routes).map(name => [name, []]));
  expect(fields).toEqual({ ...none, open: ['access-control-allow-origin'], old: ['deprecation'] });
  expect([(await ask('/once')).status, (await ask('/plain')).status]).toEqual([429, 200]);
});
