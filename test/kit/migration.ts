import type { RequestListener } from 'node:http';
import { openWorld, type World } from './world.ts';

/** A shop half way: routes in every stage, cohorts, a guard that observes, a service that fails at times. */
export const migrationYaml = `
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", timeout: 1s }
  users: { url: "\${users}" }
revision: build-412
cohorts:
  checkout: { percent: 10, by: [cookie:sid] }
routes:
  orders-read:
    owner: team-orders
    match: [GET /orders, GET /orders/:id, GET /orders/:id/lines]
    service: orders
    stage: canary
    cohort: checkout
    data: synced
  orders-write:
    owner: team-orders
    match: [POST /orders, DELETE /orders/:id]
    service: orders
    stage: legacy
    data: legacy
  catalogue:
    owner: team-shop
    match: [GET /products/*]
    service: orders
    stage: shadow
  profile:
    owner: team-accounts
    match: [GET /me, GET /me/addresses]
    service: users
    stage: migrated
    data: synced
  login:
    owner: team-accounts
    match: [POST /session, DELETE /session]
    service: users
    stage: done
    data: service
  invoices:
    owner: team-billing
    match: [GET /invoices/:id]
    service: orders
    stage: canary
    percent: 25
    by: [cookie:sid]
    data: synced
  search:
    owner: team-shop
    match: [GET /search]
    service: orders
    stage: shadow
    limit: { requests: 5, window: 1m, by: ip }
`;

const answer =
  (name: string): RequestListener =>
  (req, res) => {
    const isBroken = name === 'orders' && req.url?.startsWith('/invoices/1') === true;
    res.writeHead(isBroken ? 503 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ from: name, path: req.url }));
  };

export const openMigration = (yaml = migrationYaml): Promise<World<Record<string, RequestListener>>> =>
  openWorld(yaml, { legacy: answer('legacy'), orders: answer('orders'), users: answer('users') });

/** A few hundred requests as a shop has them, some of them unclaimed. */
export async function sendTraffic(url: string): Promise<void> {
  const paths = [
    '/orders/42',
    '/orders',
    '/products/fig',
    '/me',
    '/me/addresses',
    '/invoices/17',
    '/invoices/23',
    '/search',
    '/cart',
    '/Orders/42',
    '/checkout/address',
  ];
  for (let round = 0; round < 12; round += 1)
    await Promise.all(
      paths.map(async path => {
        const answer = await fetch(`${url}${path}`, { headers: { cookie: `sid=visitor-${round}` } });
        await answer.arrayBuffer();
      }),
    );
}
