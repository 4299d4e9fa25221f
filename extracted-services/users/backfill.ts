import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { toInstant } from '../chassis/berlin-time.ts';
import type { Repository } from './repository.ts';
import { normalEmail, type User } from './user.ts';

export interface BackfillOptions {
  /** The monolith's SQLite file; it is only read. */
  readonly from: string;
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
 * those who listen nothing has happened. Not seen: rows that the monolith deletes.
 */
export async function backfill(repository: Repository, options: BackfillOptions): Promise<BackfillCount> {
  const { from, pageSize = 200, onPage } = options;
  if (!existsSync(from)) throw new Error(`no database of the monolith at ${from}`);
  const legacy = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
  try {
    const page = legacy.prepare(
      `SELECT user_id, email, full_name, city, role, created_at, password_hash FROM users
       WHERE user_id > ? ORDER BY user_id LIMIT ?`,
    );
    const before = await repository.progress.get();
    let after = before && !before.isFinished ? before.userId : 0;
    let count: BackfillCount = { copied: 0, own: 0, taken: [] };
    for (;;) {
      const rows = page.all(after, pageSize) as unknown as LegacyUser[];
      after = rows.at(-1)?.user_id ?? after;
      const isFinished = rows.length < pageSize;
      count = await copyPage(repository, rows, { count, progress: { userId: after, isFinished } });
      onPage?.(count);
      if (isFinished) return count;
    }
  } finally {
    legacy.close();
  }
}

/** A row of the monolith. */
interface LegacyUser {
  readonly user_id: number;
  readonly email: string;
  readonly full_name: string;
  readonly city: string;
  readonly role: string;
  readonly created_at: string;
  readonly password_hash: string;
}

const copyPage = (
  repository: Repository,
  rows: readonly LegacyUser[],
  from: { count: BackfillCount; progress: { userId: number; isFinished: boolean } },
): Promise<BackfillCount> =>
  repository.transaction(async ({ users, progress }) => {
    let { copied, own } = from.count;
    const taken = [...from.count.taken];
    for (const row of rows) {
      const outcome = await users.copy(toUser(row), row.password_hash);
      if (outcome === 'copied') copied += 1;
      if (outcome === 'own') own += 1;
      if (outcome === 'taken') taken.push(row.user_id);
    }
    await progress.save(from.progress);
    return { copied, own, taken };
  });

const toUser = (row: LegacyUser): User => ({
  id: row.user_id,
  email: normalEmail(row.email),
  fullName: row.full_name,
  city: row.city,
  role: row.role === 'staff' ? 'staff' : 'customer',
  createdAt: toInstant(row.created_at),
});
