import { either, type Infer, shape, text } from '../config/define.ts';

export const store = either([
  shape({ path: text('a file').describe('SQLite file, relative to the working directory') }),
  shape({
    postgres: text('an address').describe(
      'Address of a PostgreSQL database, `postgres://user:password@host:5432/database`, which several gateways may share; its schema is `figway`',
    ),
  }),
]);

export type StoreConfig = Infer<typeof store>;
