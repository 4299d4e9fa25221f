import { type Bus, type Subscription, Unhandleable } from '../chassis/events/bus.ts';
import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import { parseLegacyChanged } from '../chassis/legacy/changed.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { fromLegacyUser } from './legacy-format.ts';
import type { Repository } from './repository.ts';

export interface LegacyChangesOptions {
  readonly repository: Repository;
  readonly legacy: LegacyFeed;
}

/** Hears what changes of the monolith's users, from the first call on. */
export const followLegacy = (bus: Bus, options: LegacyChangesOptions): Subscription =>
  bus.subscribe({
    group: 'users',
    types: ['legacy.user.changed.v1'],
    handle: event => takeLegacyUser(options, event),
    attempts: 10,
    prefetch: 1,
  });

/**
 * Takes over what the monolith has changed of a user. An event says who has changed and carries no password, so the
 * monolith is asked for the user as they are now: any event brings the newest, in whatever order and however often they
 * come. A user that is gone there is gone here, unless they are this service's own by now. Tells no event: whoever else
 * wants to know hears the monolith's. Throws Unhandleable for what cannot be read, and for an email that is taken here.
 */
async function takeLegacyUser(
  { repository, legacy }: LegacyChangesOptions,
  event: CloudEvent,
): Promise<void> {
  const id = legible(() => idOf(event));
  const { rows } = await legacy.accounts(id - 1, 1);
  const row = rows.find(({ key }) => key === id);
  if (!row) return repository.transaction(({ users }) => users.forgetLegacy(id));
  const { user, passwordHash } = legible(() => fromLegacyUser(row.payload));
  const outcome = await repository.transaction(({ users }) => users.copy(user, passwordHash));
  if (outcome === 'taken') throw new Unhandleable(`user ${id}: another user has the email here`);
}

function idOf(event: CloudEvent): number {
  const { key } = parseLegacyChanged(event);
  if (/^[1-9]\d{0,14}$/.test(key)) return Number(key);
  throw new TypeError(`key: expected a user, got ${key.slice(0, 60)}`);
}

/** What cannot be read now cannot be read later: a dead letter at once. */
function legible<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof TypeError ? new Unhandleable(error.message) : error;
  }
}
