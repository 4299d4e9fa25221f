import { systemClock } from '../chassis/clock.ts';
import { createKeyRing } from './key-ring.ts';
import { openUsersDatabase, type UsersOptions } from './service.ts';
import { toRepository } from './sql-repository.ts';

/** Makes whoever serves from this store sign with a new key. Resolves with what happened, in a line. */
export async function rotateKeys(store: UsersOptions['store']): Promise<string> {
  const repository = toRepository(await openUsersDatabase(store));
  try {
    const ring = createKeyRing(repository, { clock: systemClock, maxAge: Number.POSITIVE_INFINITY });
    const kid = await ring.rotate();
    return `tokens are signed with ${kid} from now on; the key before is published until they have ended`;
  } finally {
    await repository.close();
  }
}
