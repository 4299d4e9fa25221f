import type { CloudEvent, EventType } from '../events/cloud-event.ts';
import type { LegacyChange, LegacyEntity } from './feed.ts';

/** What `legacy.*.changed.v1` carries. */
export interface LegacyChanged {
  /** The number of the change: a higher one is newer. For `snapshot` the one that the row is at least as new as. */
  readonly change: number;
  /** `snapshot`: nothing happened, this is how it is. */
  readonly op: LegacyChange['op'] | 'snapshot';
  readonly key: string;
  readonly payload: LegacyChange['payload'];
}

export const legacyTypes: Readonly<Record<LegacyEntity, EventType>> = {
  users: 'legacy.user.changed.v1',
  products: 'legacy.product.changed.v1',
  orders: 'legacy.order.changed.v1',
};

/** Reads the data of such an event. Throws a TypeError for what is none: a dead letter. */
export function parseLegacyChanged({ data }: CloudEvent): LegacyChanged {
  const { change, op, key, payload } = (data ?? {}) as Partial<LegacyChanged>;
  const isPayload = payload === null || (typeof payload === 'object' && !Array.isArray(payload));
  const isOp = op === 'insert' || op === 'update' || op === 'delete' || op === 'snapshot';
  if (Number.isSafeInteger(change) && isOp && typeof key === 'string' && isPayload) {
    return data as LegacyChanged;
  }
  throw new TypeError(`expected change, op, key and payload, got ${JSON.stringify(data)?.slice(0, 100)}`);
}
