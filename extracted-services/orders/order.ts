import { type Fields, readFields } from '../chassis/validate.ts';

/** An order as this service knows it: instants in UTC, money in whole cents, statuses in the words of the shop. */
export interface Order {
  readonly id: number;
  readonly userId: number;
  readonly customerName: string;
  readonly status: string;
  readonly paymentStatus: string;
  readonly currency: string;
  readonly netCents: number;
  readonly taxCents: number;
  readonly totalCents: number;
  /** ISO 8601, in UTC. */
  readonly placedAt: string;
  readonly updatedAt: string;
  readonly lines: readonly OrderLine[];
}

export interface OrderLine {
  readonly lineNo: number;
  readonly productId: number;
  readonly sku: string;
  readonly productName: string;
  readonly quantity: number;
  readonly unitCents: number;
  readonly lineCents: number;
}

/** Below are the monolith's ids: the two never give the same number to different orders. */
export const firstOwnId = 1_000_000;

export const isOwn = (id: number): boolean => id >= firstOwnId;

/** What a customer asks for. */
export interface NewOrder {
  readonly userId: number;
  readonly lines: readonly WantedLine[];
  /** Lives as long as the request and its saga: it is in no event, no log and no hash. */
  readonly card: string;
}

export interface WantedLine {
  readonly productId: number;
  readonly quantity: number;
}

const bounds = { lines: { min: 1, max: 50 }, quantity: { min: 1, max: 99 } };
const ids = { min: 1, max: Number.MAX_SAFE_INTEGER };
const cardShape = { is: /^\d{12,19}$/, words: '12 to 19 digits' };

/** Reads `{ user_id, lines: [{ product_id, quantity }], card }`, as the monolith takes it. Problem 400 `bad-order`. */
export const parseNewOrder = (body: unknown): NewOrder =>
  readFields(body, 'bad-order', fields => ({
    userId: fields.integer('user_id', ids),
    lines: fields.list('lines', bounds.lines, toLine),
    card: fields.text('card', { shape: cardShape, isSecret: true }),
  }));

const toLine = (fields: Fields): WantedLine => ({
  productId: fields.integer('product_id', ids),
  quantity: fields.integer('quantity', bounds.quantity),
});
