import type { Database, Queries } from '../chassis/database/database.ts';
import { appendToOutbox } from '../chassis/events/outbox.ts';
import type { StoredKey } from './keys.ts';
import type {
  AttemptRecords,
  ClientRecords,
  FamilyRecords,
  KeyRecords,
  ProgressRecords,
  Records,
  Repository,
} from './repository.ts';
import type { Family } from './sessions.ts';
import { sqlUsers } from './sql-users.ts';

/** One implementation for both dialects. */
export const toRepository = (database: Database): Repository => ({
  ...toRecords(database),
  transaction: work => database.transaction(tx => work(toRecords(tx))),
  close: () => database.close(),
});

const toRecords = (sql: Queries): Records => ({
  users: sqlUsers(sql),
  families: sqlFamilies(sql),
  keys: sqlKeys(sql),
  clients: sqlClients(sql),
  attempts: sqlAttempts(sql),
  progress: sqlProgress(sql),
  tell: event => appendToOutbox(sql, event),
});

const sqlFamilies = (sql: Queries): FamilyRecords => ({
  async add({ id, userId, tokenHash, endsAt, idleAt }) {
    await sql.run(
      'INSERT INTO families (id, user_id, token_hash, ends_at, idle_at) VALUES (?, ?, ?, ?, ?)',
      ...[id, userId, tokenHash, endsAt, idleAt],
    );
  },
  find: id =>
    sql.get<Family>(
      `SELECT id, user_id AS "userId", token_hash AS "tokenHash", ends_at AS "endsAt", idle_at AS "idleAt"
       FROM families WHERE id = ?`,
      id,
    ),
  async rotate({ id, tokenHash: before, idleAt }, tokenHash) {
    const { changes } = await sql.run(
      'UPDATE families SET token_hash = ?, idle_at = ? WHERE id = ? AND token_hash = ?',
      ...[tokenHash, idleAt, id, before],
    );
    return changes === 1;
  },
  async end(id) {
    await sql.run('DELETE FROM families WHERE id = ?', id);
  },
  async endAllOf(userId) {
    await sql.run('DELETE FROM families WHERE user_id = ?', userId);
  },
  async trim(userId, most) {
    await sql.run(
      `DELETE FROM families WHERE user_id = ? AND position NOT IN
         (SELECT position FROM families WHERE user_id = ? ORDER BY position DESC LIMIT ?)`,
      ...[userId, userId, most],
    );
  },
  async forget(now) {
    await sql.run('DELETE FROM families WHERE ends_at < ?', now);
  },
});

const sqlKeys = (sql: Queries): KeyRecords => ({
  all: () =>
    sql.all<StoredKey>('SELECT kid, jwk, created_at AS "createdAt" FROM signing_keys ORDER BY position DESC'),
  async add({ kid, jwk, createdAt }) {
    await sql.run(
      'INSERT INTO signing_keys (kid, jwk, created_at) VALUES (?, ?, ?)',
      ...[kid, jwk, createdAt],
    );
  },
  async remove(kid) {
    await sql.run('DELETE FROM signing_keys WHERE kid = ?', kid);
  },
});

const sqlClients = (sql: Queries): ClientRecords => ({
  async secretHash(id) {
    return (await sql.get<{ hash: string }>('SELECT secret_hash AS hash FROM clients WHERE id = ?', id))
      ?.hash;
  },
  async save(id, secretHash) {
    await sql.run(
      `INSERT INTO clients (id, secret_hash) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash`,
      ...[id, secretHash],
    );
  },
});

const sqlAttempts = (sql: Queries): AttemptRecords => ({
  async count(bucket, slot) {
    const row = await sql.get<{ tries: number }>(
      `INSERT INTO attempts (bucket, slot, tries) VALUES (?, ?, 1)
       ON CONFLICT (bucket, slot) DO UPDATE SET tries = attempts.tries + 1 RETURNING tries`,
      ...[bucket, slot],
    );
    return row?.tries ?? 0;
  },
  async uncount(bucket, slot) {
    await sql.run(
      'UPDATE attempts SET tries = tries - 1 WHERE bucket = ? AND slot = ? AND tries > 0',
      ...[bucket, slot],
    );
  },
  async clear(bucket, slot) {
    await sql.run('DELETE FROM attempts WHERE bucket = ? AND slot = ?', bucket, slot);
  },
  async forget(slot) {
    await sql.run('DELETE FROM attempts WHERE slot < ?', slot);
  },
});

const sqlProgress = (sql: Queries): ProgressRecords => ({
  async get() {
    const row = await sql.get<{ userId: number; isFinished: number }>(
      'SELECT user_id AS "userId", is_finished AS "isFinished" FROM backfill WHERE id = 1',
    );
    return row && { userId: row.userId, isFinished: row.isFinished === 1 };
  },
  async save({ userId, isFinished }) {
    await sql.run(
      `INSERT INTO backfill (id, user_id, is_finished) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, is_finished = excluded.is_finished`,
      ...[userId, isFinished ? 1 : 0],
    );
  },
});
