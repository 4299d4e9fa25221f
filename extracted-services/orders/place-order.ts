import type { FieldProblem } from '../chassis/problem.ts';
import type { NewOrder, Order, OrderLine } from './order.ts';
import type { Repository } from './repository.ts';

/** Prices an order from the copies at hand and stores it as `pending`: nothing is reserved nor paid yet. */
export function placeOrder(repository: Repository, wanted: NewOrder, now: string): Order | FieldProblem[] {
  const problems: FieldProblem[] = [];
  const customer = repository.customer(wanted.userId);
  if (!customer) problems.push({ field: 'user_id', detail: `there is no user ${wanted.userId}` });
  const lines = wanted.lines.flatMap((line, index): OrderLine[] => {
    const product = repository.product(line.productId);
    if (!product) {
      problems.push({ field: `lines[${index}].product_id`, detail: `there is no product ${line.productId}` });
      return [];
    }
    return [
      {
        lineNo: index + 1,
        productId: product.id,
        sku: product.sku,
        productName: product.name,
        quantity: line.quantity,
        unitCents: product.cents,
        lineCents: product.cents * line.quantity,
      },
    ];
  });
  if (!customer || problems.length > 0) return problems;
  const totalCents = lines.reduce((sum, line) => sum + line.lineCents, 0);
  const taxCents = Math.round((totalCents * 19) / 119);
  const order: Order = {
    id: repository.nextId(),
    userId: customer.id,
    customerName: customer.name,
    status: 'pending',
    paymentStatus: 'pending',
    currency: 'EUR',
    netCents: totalCents - taxCents,
    taxCents,
    totalCents,
    placedAt: now,
    updatedAt: now,
    lines,
  };
  repository.save(order);
  return order;
}
