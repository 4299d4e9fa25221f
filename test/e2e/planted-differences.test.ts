import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReplayReport } from '../../gateway/offline/report.ts';
import { openRecordedShop, type RecordedShop, type Service } from '../kit/recorded-shop.ts';

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, at) => from + at * step);

/** What the shop is asked: every seventh order and most products, lists, searches, and what is not there. */
const paths: readonly string[] = [
  ...range(1, 2400, 7).map(id => `/orders/${id}`),
  ...range(3, 43, 2).map(user => `/orders?user_id=${user}&limit=20`),
  ...['/orders', '/orders?limit=20', '/orders?status=cancelled&limit=30'],
  ...['/orders/999999', '/orders/nobody'],
  ...range(1, 321).map(id => `/products/${id}`),
  ...range(1, 17).map(page => `/products?page=${page}`),
  ...['/products?category=garden', '/products?q=lamp', '/products?q=_', '/products/99999'],
];

let shop: RecordedShop;
beforeAll(async () => {
  shop = await openRecordedShop(paths);
}, 180_000);
afterAll(() => shop?.[Symbol.asyncDispose]());

/** What a replay comes to while the service differs so, which is set right again. */
async function replay(service: Service, set: string | undefined, ...words: readonly string[]) {
  if (set !== undefined) await shop.turn(service, set);
  const ran = await shop.replay(service, '--json', ...words);
  if (set !== undefined) await shop.turn(service, set.replace(/=.*/, '=as-legacy'));
  expect(ran.stderr).toBe('');
  return { code: ran.code, report: JSON.parse(ran.stdout) as ReplayReport };
}

/** `/orders/:id $.total value`: where, and how. */
const foundIn = ({ findings }: ReplayReport): readonly string[] =>
  findings
    .flatMap(({ signatures }) => signatures.map(({ template, path, kind }) => `${template} ${path} ${kind}`))
    .toSorted();

const both = (...fields: readonly string[]): readonly string[] =>
  ['/orders $.orders[*]', '/orders/:id $'].flatMap(at => fields.map(field => `${at}.${field}`));

/** A problem+json where the monolith says 200 with an error inside. */
const problemAt = (template: string): readonly string[] => [
  ...['code', 'detail', 'instance', 'status', 'title', 'type'].map(name => `${template} $.${name} added`),
  ...['$.error removed', 'header:content-type header', 'status status'].map(text => `${template} ${text}`),
];

interface Planted {
  readonly service: Service;
  readonly set: string;
  readonly finds: readonly string[];
}

const planted: readonly Planted[] = [
  {
    service: 'orders',
    set: 'ORDERS_TAX_ROUNDING=half-even',
    finds: both('net_total value', 'tax_total value'),
  },
  { service: 'orders', set: 'ORDERS_MISSING_FIELD=currency', finds: both('currency removed') },
  {
    service: 'orders',
    set: 'ORDERS_LIST_ORDER=newest-first',
    finds: ['/orders $.next added', '/orders $.orders[*] added', '/orders $.orders[*] removed'],
  },
  { service: 'orders', set: 'ORDERS_TIME_ZONE=utc', finds: both('placed_at value', 'updated_at value') },
  { service: 'orders', set: 'ORDERS_UNKNOWN=problem', finds: problemAt('/orders/:id') },
  {
    service: 'orders',
    set: 'ORDERS_RARE_FAILURE=whole-tax',
    finds: ['/orders  failed', '/orders/:id  failed'],
  },
  { service: 'products', set: 'PRODUCTS_UNKNOWN=problem', finds: problemAt('/products/:id') },
  {
    service: 'products',
    set: 'PRODUCTS_ORDER=by-name',
    finds: ['/products $.products[*] added', '/products $.products[*] removed'],
  },
  {
    service: 'products',
    set: 'PRODUCTS_FIELDS=short',
    finds: ['/products $.products[*].description removed'],
  },
  {
    service: 'products',
    set: 'PRODUCTS_SEARCH=pattern',
    finds: ['/products $.count value', '/products $.products[*] added'],
  },
];

describe('shop traffic that was recorded, and is replayed', { timeout: 60_000 }, () => {
  it.each(['orders', 'products'] as const)('finds nothing at the %s service as it is', async service => {
    const { code, report } = await replay(service, undefined);
    expect(foundIn(report)).toEqual([]);
    expect(report.verdict).toMatchObject({ state: 'ready', bad: 0, maxMismatch: 1 });
    expect(report.counts.excused).toBe(report.verdict.n);
    expect(code).toBe(0);
  });

  it.each(planted)('finds $set, and nothing else', async ({ service, set, finds }) => {
    const { code, report } = await replay(service, set, '--max-mismatch', '0');
    expect(foundIn(report)).toEqual(finds.toSorted());
    expect(report.verdict.state).toBe('blocked');
    expect(code).toBe(1);
  });

  it.each([
    ['orders', 'ORDERS_DELAY=slow'],
    ['products', 'PRODUCTS_PACE=slow'],
  ] as const)('finds %s slower by %s, and nothing else', async (service, set) => {
    const { code, report } = await replay(service, set, '--concurrency', '16');
    expect(foundIn(report)).toEqual([]);
    expect(report.latency).toMatchObject({ state: 'slower' });
    expect(report.latency?.service.p50).toBeGreaterThan(140);
    // How long answers take informs, and does not decide.
    expect(code).toBe(0);
  });

  it('finds ORDERS_READERS=own by the token of a person, and nothing else', async () => {
    const login = { email: 'alice@example.com', password: 'wonderland' };
    const answer = await fetch(`${shop.gateway}/v1/login`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify(login),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const asAlice = ['--service-header', `authorization: Bearer ${token}`];
    const open = await replay('orders', undefined, ...asAlice);
    expect([open.code, foundIn(open.report)]).toEqual([0, []]);

    const { code, report } = await replay('orders', 'ORDERS_READERS=own', ...asAlice);
    expect(code).toBe(1);
    // Of others she sees nothing, her own orders as before.
    expect(foundIn(report)).toEqual(
      expect.arrayContaining(['/orders $.orders[*] removed', '/orders/:id $.order_id removed']),
    );
    expect(report.counts.excused).toBeGreaterThan(0);
  });
});
