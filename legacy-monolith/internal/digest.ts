import { createHash } from 'node:crypto';
import type { Shop } from '../shop.ts';
import { type Entity, type Row, rowsAfter } from './change-log.ts';

/** What identifies the content of one entity, to be held against another store's. */
export interface Digest {
  readonly id: number;
  /** The shop's local time; null where the shop does not write one down. */
  readonly updated_at: string | null;
  /** SHA-256 in hex of a JSON list of the values of `contents`, a line being a list of the values of `lineFields`. */
  readonly hash: string;
}

/** The fields that count, in this order. Names that other domains own, and times of storing, do not. */
const contents: Readonly<Record<Entity, readonly string[]>> = {
  users: ['user_id', 'email', 'full_name', 'city', 'role'],
  products: ['product_id', 'sku', 'product_name', 'category', 'description', 'unit_price', 'stock'],
  orders: 'order_id user_id status payment_status currency net_total tax_total total placed_at lines'.split(
    ' ',
  ),
};

/** Digests after this id, in the order of ids. */
export const digestsAfter = (shop: Shop, entity: Entity, after: number, limit: number): readonly Digest[] =>
  rowsAfter(shop, entity, after, limit).map(row => toDigest(entity, row));

const lineFields = ['line_no', 'product_id', 'quantity', 'unit_price', 'line_total'] as const;

/** Of a line only what the order itself owns. */
const contentOf = (payload: Row['payload'], name: string): unknown =>
  name === 'lines'
    ? (payload.lines as readonly Record<string, unknown>[]).map(line => lineFields.map(field => line[field]))
    : payload[name];

const toDigest = (entity: Entity, { key, payload }: Row): Digest => ({
  id: key,
  updated_at: typeof payload.updated_at === 'string' ? payload.updated_at : null,
  hash: createHash('sha256')
    .update(JSON.stringify(contents[entity].map(name => contentOf(payload, name))))
    .digest('hex'),
});
