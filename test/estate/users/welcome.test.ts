import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openBus } from '../../../extracted-services/chassis/events/bus.ts';
import { startNotifications } from '../../../extracted-services/notifications/service.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';
import { openUsersRig } from '../../kit/users.ts';

it('who registers finds a welcome, and with the token of that login no one else’s', async () => {
  await using folder = await openTempFolder();
  const file = join(folder.path, 'bus.db');
  const bus = await openBus({ file });
  await using users = await openUsersRig({ bus });
  const issuer = users.service.url;
  const notifications = await startNotifications({
    listen: { host: '127.0.0.1', port: 0 },
    database: { file: join(folder.path, 'notifications.db') },
    bus: { file },
    issuers: [{ issuer, jwksUrl: `${issuer}/.well-known/jwks.json`, audience: 'shop' }],
  });
  const ada = await users.newUser('ada@example.com');
  const bob = await users.newUser('bob@example.com');
  const seenBy = async (token: string): Promise<readonly unknown[]> => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${notifications.url}/v1/notifications`, { headers });
    return ((await answer.json()) as { notifications: { user_id: unknown }[] }).notifications.map(
      ({ user_id }) => user_id,
    );
  };
  await expect.poll(() => seenBy(ada.token)).toEqual([String(ada.id)]);
  await expect.poll(() => seenBy(bob.token)).toEqual([String(bob.id)]);
  await notifications.close();
  await bus.close();
});
