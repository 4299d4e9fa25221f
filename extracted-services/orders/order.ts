import type { FieldProblem } from '../chassis/problem.ts';

/** An order as this service keeps it: instants in UTC, money in whole cents. */
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

/** What a customer asks for. */
export interface NewOrder {
  readonly userId: number;
  readonly lines: readonly WantedLine[];
}

export interface WantedLine {
  readonly productId: number;
  readonly quantity: number;
}

const maxLines = 50;
const maxQuantity = 99;

/** Reads `{ user_id, lines: [{ product_id, quantity }] }`, as the monolith takes it. All problems at once. */
export function parseNewOrder(body: unknown): NewOrder | readonly FieldProblem[] {
  if (!isRecord(body)) return [{ field: '$', detail: 'expected an object' }];
  const problems: FieldProblem[] = [];
  const number = (value: unknown, field: string, max: number): number => {
    const isFine = Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max;
    const bound = max === Number.MAX_SAFE_INTEGER ? 'of 1 or more' : `from 1 to ${max}`;
    if (!isFine) problems.push({ field, detail: `expected a whole number ${bound}, got ${show(value)}` });
    return Number(value);
  };
  const userId = number(body.user_id, 'user_id', Number.MAX_SAFE_INTEGER);
  const given = Array.isArray(body.lines) ? body.lines : [];
  if (given.length < 1 || given.length > maxLines) {
    problems.push({ field: 'lines', detail: `expected a list of 1 to ${maxLines}, got ${show(body.lines)}` });
  }
  const lines = given.slice(0, maxLines).map((line: unknown, index) => {
    const values = isRecord(line) ? line : {};
    return {
      productId: number(values.product_id, `lines[${index}].product_id`, Number.MAX_SAFE_INTEGER),
      quantity: number(values.quantity, `lines[${index}].quantity`, maxQuantity),
    };
  });
  return problems.length > 0 ? problems : { userId, lines };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return (JSON.stringify(value) ?? typeof value).slice(0, 60);
}
