import { type LegacyFeed, LegacyRefusal } from '../chassis/legacy/feed.ts';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import { Problem } from '../chassis/problem.ts';
import { fromLegacyOrder } from './legacy-format.ts';
import { execute, type Occasion } from './order-log.ts';
import type { Repository } from './repository.ts';

export interface CancelAtLegacyOptions {
  readonly repository: Repository;
  readonly legacy: LegacyFeed;
  readonly occasion: Occasion;
}

/**
 * Cancels an order that was placed at the monolith, which has its money and its stock, and takes over at once what became of
 * it: whoever reads it next sees it cancelled. One that is cancelled already stays so. Problem 409 `order-status` with the
 * monolith's reason, 503 `monolith-away` where it does not answer.
 */
export async function cancelAtLegacy(id: number, options: CancelAtLegacyOptions): Promise<void> {
  try {
    await cancelThere(id, options);
  } catch (error) {
    if (!(error instanceof OutgoingFailure)) throw error;
    throw new Problem(503, 'monolith-away', `order ${id}: the monolith has its money, and does not answer`, {
      headers: { 'retry-after': '5' },
    });
  }
}

async function cancelThere(id: number, { repository, legacy, occasion }: CancelAtLegacyOptions) {
  const refusal = await legacy.cancelOrder(id, occasion.trace).catch((error: unknown) => {
    if (error instanceof LegacyRefusal && error.status === 409) return error;
    throw error;
  });
  const { rows, last: change } = await legacy.rows('orders', id - 1, 1);
  const row = rows.find(({ key }) => key === id);
  if (row) {
    const order = fromLegacyOrder(row.payload);
    await execute(repository, id, { kind: 'take-snapshot', change, order }, occasion);
    if (order.status === 'cancelled') return;
  }
  throw new Problem(409, 'order-status', refusal?.reason ?? `order ${id} is not at the monolith any more`);
}
