import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../../extracted-services/chassis/service.ts';
import { startOrders } from '../../extracted-services/orders/service.ts';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { describeOrders } from './orders.suite.ts';

let folder: string;
let monolith: Monolith;
let service: Service;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'figway-contract-'));
  const database = join(folder, 'legacy.db');
  monolith = await startMonolith({ port: 0, database });
  service = await startOrders({ port: 0, backfillFrom: database });
});

afterAll(async () => {
  await service.close();
  await monolith.close();
  await rm(folder, { recursive: true });
});

describeOrders('the monolith', () => ({ url: monolith.url, path: '/orders' }));
describeOrders('the service', () => ({ url: service.url, path: '/v1/orders' }));

describe('both sides', () => {
  it('give the same JSON for every thirtieth order and its lines', async () => {
    for (let id = 1; id <= 2400; id += 30) {
      for (const rest of ['', '/lines']) {
        const legacy = await fetch(`${monolith.url}/orders/${id}${rest}`);
        const extracted = await fetch(`${service.url}/v1/orders/${id}${rest}`);
        expect(await extracted.text()).toBe(await legacy.text());
      }
    }
  });

  it('list the same orders of a user, if not in the same order', async () => {
    const list = async (url: string): Promise<readonly { order_id: number }[]> => {
      const { orders } = (await (await fetch(`${url}?user_id=1&limit=500`)).json()) as {
        orders: { order_id: number }[];
      };
      return orders.sort((one, other) => one.order_id - other.order_id);
    };
    expect(await list(`${service.url}/v1/orders`)).toEqual(await list(`${monolith.url}/orders`));
  });
});
