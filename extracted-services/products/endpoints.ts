import { setTimeout } from 'node:timers/promises';
import { requireRole } from '../chassis/auth.ts';
import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { Problem } from '../chassis/problem.ts';
import { toTraceparent } from '../chassis/trace.ts';
import { readFields } from '../chassis/validate.ts';
import { editProduct } from './edit-product.ts';
import { toCents, toDigest, toLegacyProduct } from './legacy-format.ts';
import { maxStock } from './product.ts';
import type { Repository } from './repository.ts';
import type { Switches } from './switches.ts';

export interface EndpointOptions {
  readonly repository: Repository;
  readonly switches: Switches;
}

/** The catalogue: one line for each. Everybody may read it, as everybody may walk through the shop. */
export function createEndpoints(options: EndpointOptions): readonly Endpoint[] {
  const { repository } = options;
  return [
    { method: 'GET', path: '/v1/products', access: 'open', handle: call => listProducts(options, call) },
    { method: 'GET', path: '/v1/products/:id', access: 'open', handle: call => oneProduct(options, call) },
    { method: 'GET', path: '/v1/product-batch', access: 'open', handle: call => batch(options, call) },
    {
      method: 'PUT',
      path: '/v1/products/:id',
      access: { scopes: ['products:write'] },
      handle: call => changeProduct(repository, call),
    },
    {
      method: 'GET',
      path: '/v1/digests/products',
      access: { scopes: ['products:read'] },
      handle: call => digests(repository, call),
    },
  ];
}

const slowness = 150;
const dawdle = async ({ pace }: Switches): Promise<void> => {
  if (pace === 'slow') await setTimeout(slowness);
};

/** Takes any query, as the monolith does: a page that is none is the first. */
async function listProducts({ repository, switches }: EndpointOptions, { query }: Call): Promise<Answer> {
  await dawdle(switches);
  const found = await repository.list({
    search: once(query, 'q'),
    category: once(query, 'category'),
    page: toId(once(query, 'page')) || 1,
    order: switches.order === 'by-name' ? 'name' : 'id',
    matching: switches.search === 'pattern' ? 'pattern' : 'literal',
  });
  const isShort = switches.fields === 'short';
  const products = found
    .map(toLegacyProduct)
    .map(row => (isShort ? { ...row, description: undefined } : row));
  return { status: 200, body: { products, count: products.length } };
}

/** Empty if it is missing or given twice. */
function once(query: URLSearchParams, name: string): string {
  const [value = '', ...more] = query.getAll(name);
  return more.length > 0 ? '' : value;
}

const toId = (text: string): number => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0);

async function oneProduct({ repository, switches }: EndpointOptions, { params }: Call): Promise<Answer> {
  await dawdle(switches);
  const product = await repository.find(toId(params.id ?? ''));
  if (product) return { status: 200, body: toLegacyProduct(product) };
  if (switches.unknown === 'as-legacy') return { status: 200, body: { error: 'product not found' } };
  throw unknownProduct(params.id);
}

const maxBatch = 50;

/** Many products in one call, for who shows a list; ids that are unknown, or none, are left out. */
async function batch({ repository, switches }: EndpointOptions, { query }: Call): Promise<Answer> {
  await dawdle(switches);
  const ids = query.getAll('id');
  if (ids.length < 1 || ids.length > maxBatch) {
    const detail = `expected from 1 to ${maxBatch}, got ${ids.length}`;
    throw new Problem(400, 'bad-query', `id: ${detail}`, { errors: [{ field: 'id', detail }] });
  }
  const found = await repository.findMany(ids.map(toId));
  return { status: 200, body: { products: found.map(toLegacyProduct), count: found.length } };
}

const unknownProduct = (id = ''): Problem =>
  new Problem(404, 'product-not-found', `there is no product ${id.slice(0, 60)}`);

async function changeProduct(repository: Repository, call: Call): Promise<Answer> {
  requireRole(call.caller, 'staff');
  const money = { is: /^\d{1,6}\.\d\d$/, words: 'a price such as 12.90' };
  const edit = readFields(call.json(), 'bad-product', fields => ({
    priceCents: toCents(fields.text('unit_price', { max: 9, shape: money })),
    stock: fields.integer('stock', { min: 0, max: maxStock }),
  }));
  const id = toId(call.params.id ?? '');
  const product = await editProduct(repository, id, { ...edit, traceparent: toTraceparent(call.trace) });
  if (!product) throw unknownProduct(call.params.id);
  return { status: 200, body: toLegacyProduct(product) };
}

/** In the monolith's form, so that both can be held against each other. */
async function digests(repository: Repository, { query }: Call): Promise<Answer> {
  const after = number(query, 'after', { max: Number.MAX_SAFE_INTEGER, fallback: 0 });
  const limit = number(query, 'limit', { max: 1000, fallback: 500 });
  return { status: 200, body: { digests: (await repository.after(after, limit)).map(toDigest) } };
}

function number(
  query: URLSearchParams,
  name: string,
  { max, fallback }: { readonly max: number; readonly fallback: number },
): number {
  const text = query.get(name) ?? String(fallback);
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  const detail = `expected a whole number from 0 to ${max}, got ${text.slice(0, 60)}`;
  throw new Problem(400, 'bad-query', `${name}: ${detail}`, { errors: [{ field: name, detail }] });
}
