import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import { type LegacyChanged, legacyTypes } from '../chassis/legacy/changed.ts';
import type { LegacyChange, LegacyEntity, RowPage } from '../chassis/legacy/feed.ts';

const subjects: Readonly<Record<LegacyEntity, string>> = {
  users: 'user',
  products: 'product',
  orders: 'order',
};

const toEvent = (
  entity: LegacyEntity,
  id: string,
  { time, data }: { readonly time: string; readonly data: LegacyChanged },
): CloudEvent<LegacyChanged> => ({
  specversion: '1.0',
  id,
  source: '/legacy',
  type: legacyTypes[entity],
  subject: `${subjects[entity]}/${data.key}`,
  time,
  datacontenttype: 'application/json',
  data,
});

/** The same change is the same event, however often it is published; its time keeps apart two lives of one log. */
export const changeToEvent = ({
  id,
  at,
  entity,
  key,
  op,
  payload,
}: LegacyChange): CloudEvent<LegacyChanged> =>
  toEvent(entity, `change-${id}-${at}`, { time: at, data: { change: id, op, key, payload } });

export const rowToEvent = (
  entity: LegacyEntity,
  { key, payload }: RowPage['rows'][number],
  { last, time }: { readonly last: number; readonly time: string },
): CloudEvent<LegacyChanged> =>
  toEvent(entity, `snapshot-${entity}-${key}-${last}`, {
    time,
    data: { change: last, op: 'snapshot', key: String(key), payload },
  });
