import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../extracted-services/chassis/auth.ts';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { feedOf, internalToken } from '../kit/internal-client.ts';
import { type Issuer, openIssuer } from '../kit/issuer.ts';
import { type OrdersRig, openOrders } from '../kit/orders.ts';
import { describeOrders } from './orders.suite.ts';

let monolith: Monolith;
let service: OrdersRig;
let issuer: Issuer;
let token: string;

beforeAll(async () => {
  monolith = await startMonolith({ port: 0, internalToken });
  issuer = await openIssuer();
  token = issuer.token({ sub: 'service:web-bff', client_id: 'web-bff', scope: 'orders:read' });
  service = await openOrders({
    legacy: feedOf(monolith.url),
    authority: createAuthority({
      issuers: [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }],
    }),
  });
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await monolith.close();
});

describeOrders('the monolith', () => ({ url: monolith.url, path: '/orders' }));
describeOrders('the service', () => ({ url: service.url, path: '/v1/orders', token }));

describe('both sides', () => {
  it('give the same JSON for every thirtieth order and its lines', async () => {
    for (let id = 1; id <= 2400; id += 30) {
      for (const rest of ['', '/lines']) {
        const legacy = await fetch(`${monolith.url}/orders/${id}${rest}`);
        const extracted = await fetch(`${service.url}/v1/orders/${id}${rest}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        expect(await extracted.text()).toBe(await legacy.text());
      }
    }
  });

  it.each(['user_id=1&limit=500', 'status=returned&limit=500', 'user_id=7&status=delivered', 'limit=100'])(
    'list the same for ?%s, in the same order, but for the counter of requests',
    async query => {
      const list = async (url: string): Promise<unknown> => {
        const answer = await fetch(`${url}?${query}`, { headers: { authorization: `Bearer ${token}` } });
        const { request_no: _, ...body } = (await answer.json()) as Record<string, unknown>;
        return body;
      };
      expect(await list(`${service.url}/v1/orders`)).toEqual(await list(`${monolith.url}/orders`));
    },
  );
});
