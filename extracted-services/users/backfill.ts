import type { LegacyFeed, RowPage } from '../chassis/legacy/feed.ts';
import { fromLegacyUser } from './legacy-format.ts';
import type { Repository } from './repository.ts';

export interface BackfillOptions {
  readonly legacy: LegacyFeed;
  /** Users a transaction; default 200. */
  readonly pageSize?: number;
  /** Called after each page. May throw to stop; the next run goes on there. */
  readonly onPage?: (done: BackfillCount) => void;
}

export interface BackfillCount {
  /** New here, or changed there since the last run. */
  readonly copied: number;
  /** Left alone: they have changed something here, so this is where their data are now. */
  readonly own: number;
  /** Ids of the monolith whose email another user has here: somebody has to look at them. */
  readonly taken: readonly number[];
}

/**
 * Copies the monolith's users with their password hashes, so that people keep their passwords. Resumable: each page is
 * one transaction with its place in it. A run after a finished one goes over all of them again. It tells no events: to
 * those who listen nothing has happened. Not seen: rows that the monolith deletes; change capture tells of those.
 */
export async function backfill(repository: Repository, options: BackfillOptions): Promise<BackfillCount> {
  const { legacy, pageSize = 200, onPage } = options;
  const before = await repository.progress.get();
  let after = before && !before.isFinished ? before.userId : 0;
  let count: BackfillCount = { copied: 0, own: 0, taken: [] };
  for (;;) {
    const { rows } = await legacy.accounts(after, pageSize);
    after = rows.at(-1)?.key ?? after;
    const isFinished = rows.length < pageSize;
    count = await copyPage(repository, rows, { count, progress: { userId: after, isFinished } });
    onPage?.(count);
    if (isFinished) return count;
  }
}

const copyPage = (
  repository: Repository,
  rows: RowPage['rows'],
  from: { count: BackfillCount; progress: { userId: number; isFinished: boolean } },
): Promise<BackfillCount> =>
  repository.transaction(async ({ users, progress }) => {
    let { copied, own } = from.count;
    const taken = [...from.count.taken];
    for (const { key, payload } of rows) {
      const { user, passwordHash } = fromLegacyUser(payload);
      const outcome = await users.copy(user, passwordHash);
      if (outcome === 'copied') copied += 1;
      if (outcome === 'own') own += 1;
      if (outcome === 'taken') taken.push(key);
    }
    await progress.save(from.progress);
    return { copied, own, taken };
  });
