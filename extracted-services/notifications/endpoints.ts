import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { Problem } from '../chassis/problem.ts';
import { readInteger } from '../chassis/query.ts';
import type { Notification, Repository } from './repository.ts';

const maxListed = 100;
const defaultListed = 20;

/** All that the service answers beside the chassis’ own. */
export const createEndpoints = (repository: Repository): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/v1/notifications',
    access: { scopes: ['notifications:read'] },
    handle: call => list(repository, call),
  },
];

async function list(repository: Repository, call: Call): Promise<Answer> {
  const limit = readInteger(call.query, 'limit', { min: 1, max: maxListed }) ?? defaultListed;
  const before = readInteger(call.query, 'before', { min: 1, max: Number.MAX_SAFE_INTEGER });
  const found = await repository.list({ userId: whose(call), before, limit });
  const next = found.length === limit ? found.at(-1)?.id : undefined;
  return { status: 200, body: { notifications: found.map(toJson), next } };
}

/** One's own; for staff the person's that `user_id` names, or everybody's. */
function whose({ caller, query }: Call): string | undefined {
  const asked = query.get('user_id') ?? undefined;
  if (caller.roles.includes('staff')) return asked;
  if (asked === undefined || asked === caller.sub) return caller.sub;
  throw new Problem(403, 'role-missing', 'user_id of another person is for the role staff');
}

const toJson = (notification: Notification): Readonly<Record<string, unknown>> => ({
  notification_id: notification.id,
  user_id: notification.userId,
  event_type: notification.eventType,
  subject: notification.subject,
  text: notification.text,
  created_at: notification.createdAt,
  mailed_at: notification.mailedAt,
});
