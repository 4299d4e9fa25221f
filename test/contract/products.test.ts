import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLegacyFeed } from '../../extracted-services/chassis/legacy/feed.ts';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { internalToken } from '../kit/internal-client.ts';
import { openProducts, type ProductsRig } from '../kit/products.ts';
import { openTempFolder } from '../kit/temp-folder.ts';
import { describeProducts } from './products.suite.ts';

let monolith: Monolith;
let products: ProductsRig;
let gateway: Gateway;
let folder: Awaited<ReturnType<typeof openTempFolder>>;

/** The route that docs/services/products.md shows, some stages later. */
const route = /```yaml\n(.*?)```/s
  .exec(readFileSync('docs/services/products.md', 'utf8'))?.[1]
  ?.replace('stage: legacy', 'stage: migrated');

beforeAll(async () => {
  monolith = await startMonolith({ port: 0, internalToken });
  products = await openProducts({ legacy: createLegacyFeed({ url: monolith.url, token: internalToken }) });
  folder = await openTempFolder();
  const file = `${folder.path}/routes.yaml`;
  await writeFile(
    file,
    `listen: { gateway: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
store: { path: ${JSON.stringify(`${folder.path}/figway.db`)} }
debugHeaders: true
monolith: legacy
upstreams: { legacy: { url: "${monolith.url}" }, products: { url: "${products.service.url}" } }
routes:
${route}`,
  );
  gateway = await startGateway({ file, env: {}, stdout: () => {}, isHuman: false });
});

afterAll(async () => {
  await gateway.close();
  await folder[Symbol.asyncDispose]();
  await products[Symbol.asyncDispose]();
  await monolith.close();
});

describeProducts('the monolith', () => ({ url: monolith.url, path: '/products' }));
describeProducts('the service', () => ({ url: products.service.url, path: '/v1/products' }));

describeProducts('a gateway that has migrated them', () => ({ url: gateway.url, path: '/products' }));

it('is the service that answers behind the gateway', async () => {
  const answer = await fetch(`${gateway.url}/products/7`);
  expect(answer.headers.get('x-figway')).toContain('served=service');
});

describe('both sides', () => {
  it('give the same JSON for every tenth product', async () => {
    for (let id = 1; id <= 390; id += 10) {
      const legacy = await fetch(`${monolith.url}/products/${id}`);
      const extracted = await fetch(`${products.service.url}/v1/products/${id}`);
      expect(await extracted.text()).toBe(await legacy.text());
    }
  });

  it.each(['', '?page=3', '?q=oak', '?category=home&q=wool', '?q=%C3%A9'])(
    'list the same for "%s", but for the counter of requests',
    async query => {
      const read = async (url: string): Promise<Record<string, unknown>> => {
        const { request_no: _, ...body } = (await (await fetch(url + query)).json()) as Record<
          string,
          unknown
        >;
        return body;
      };
      expect(await read(`${products.service.url}/v1/products`)).toEqual(
        await read(`${monolith.url}/products`),
      );
    },
  );
});
