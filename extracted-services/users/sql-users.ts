import { createHash } from 'node:crypto';
import type { Queries } from '../chassis/database/database.ts';
import type { UserRecords } from './repository.ts';
import type { User } from './user.ts';

/** Below are the monolith's ids: the two never give the same number to different people. */
const firstOwnId = 1_000_000;

const columns = 'id, email, full_name AS "fullName", city, role, created_at AS "createdAt"';

/** `origin` is `legacy` as long as the monolith is where a user's data come from; `copied_digest` says what came last. */
export const sqlUsers = (sql: Queries): UserRecords => ({
  find: id => sql.get<User>(`SELECT ${columns} FROM users WHERE id = ?`, id),
  findByEmail: email =>
    sql.get(`SELECT ${columns}, password_hash AS "passwordHash" FROM users WHERE email = ?`, email),
  list({ after, search, limit }) {
    const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
    return sql.all<User>(
      `SELECT ${columns} FROM users
       WHERE id > ? AND (email LIKE ? ESCAPE '\\' OR lower(full_name) LIKE ? ESCAPE '\\') ORDER BY id LIMIT ?`,
      ...[after, pattern, pattern, limit],
    );
  },
  async nextId() {
    const row = await sql.get<{ id: number }>('SELECT max(id) AS id FROM users WHERE id >= ?', firstOwnId);
    return row?.id ? row.id + 1 : firstOwnId;
  },
  add: (user, passwordHash) => insert(sql, user, { passwordHash, origin: 'service', digest: '' }),
  change: (id, { fullName, city }) =>
    sql.get<User>(
      `UPDATE users SET full_name = ?, city = ?, origin = 'service' WHERE id = ? RETURNING ${columns}`,
      ...[fullName, city, id],
    ),
  async changePassword(id, { before, after }) {
    const { changes } = await sql.run(
      `UPDATE users SET password_hash = ?, origin = 'service' WHERE id = ? AND password_hash = ?`,
      ...[after, id, before],
    );
    return changes === 1;
  },
  async rehash(id, { before, after }) {
    await sql.run(
      'UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?',
      ...[after, id, before],
    );
  },
  async copy(user, passwordHash) {
    const known = await sql.get<{ origin: string; digest: string; email: string }>(
      'SELECT origin, copied_digest AS digest, email FROM users WHERE id = ?',
      user.id,
    );
    if (known?.origin === 'service') return 'own';
    const digest = digestOf(user, passwordHash);
    if (known?.digest === digest) return 'unchanged';
    const namesake = await sql.get(
      'SELECT 1 AS one FROM users WHERE email = ? AND id <> ?',
      user.email,
      user.id,
    );
    if (namesake) return 'taken';
    if (known) await update(sql, user, { passwordHash, digest });
    else await insert(sql, user, { passwordHash, origin: 'legacy', digest });
    return 'copied';
  },
  async forgetLegacy(id) {
    await sql.run("DELETE FROM users WHERE id = ? AND origin = 'legacy'", id);
  },
});

async function insert(
  sql: Queries,
  user: User,
  more: { passwordHash: string; origin: 'legacy' | 'service'; digest: string },
): Promise<void> {
  await sql.run(
    `INSERT INTO users (id, email, full_name, city, role, created_at, password_hash, origin, copied_digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[user.id, user.email, user.fullName, user.city, user.role, user.createdAt],
    ...[more.passwordHash, more.origin, more.digest],
  );
}

async function update(
  sql: Queries,
  user: User,
  { passwordHash, digest }: { passwordHash: string; digest: string },
): Promise<void> {
  await sql.run(
    `UPDATE users SET email = ?, full_name = ?, city = ?, role = ?, created_at = ?, password_hash = ?,
       copied_digest = ? WHERE id = ?`,
    ...[user.email, user.fullName, user.city, user.role, user.createdAt, passwordHash, digest, user.id],
  );
}

/** Of all that the monolith says about a user, so that a hash that was made anew here stays until it changes there. */
const digestOf = (user: User, passwordHash: string): string =>
  createHash('sha256')
    .update(JSON.stringify([user.email, user.fullName, user.city, user.role, user.createdAt, passwordHash]))
    .digest('hex');
