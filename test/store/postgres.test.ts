import { afterAll, beforeAll, describe } from 'vitest';
import { createPostgresStore } from '../../gateway/store/postgres.ts';
import { describeStore } from '../contract/store.suite.ts';
import { type Database, isPostgresMissing, openDatabase } from '../kit/postgres.ts';

describe.skipIf(isPostgresMissing)('PostgreSQL', { timeout: 60_000 }, () => {
  let database: Database;

  beforeAll(async () => {
    database = await openDatabase();
  });

  afterAll(() => database[Symbol.asyncDispose]());

  describeStore('PostgreSQL', async () => {
    await database.ask('DROP SCHEMA IF EXISTS figway CASCADE');
    const store = createPostgresStore(database.url);
    return { store, [Symbol.asyncDispose]: () => store.close() };
  });
});
