import { type Database, type DatabaseOptions, openDatabase } from '../chassis/database/database.ts';
import type { LegacyEntity } from '../chassis/legacy/feed.ts';

/** Where the connector is: behind a change of the log, or in the middle of reading all rows anew. */
export type Place =
  | { readonly kind: 'log'; readonly after: number }
  | {
      readonly kind: 'snapshot';
      readonly entity: LegacyEntity;
      /** Key of the last row that was published. */
      readonly after: number;
      /** The change from which the log is read once the snapshot is done. */
      readonly onward: number;
    };

const migrations = ['CREATE TABLE place (id BIGINT PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);'];

/** Keeps the place over restarts. */
export interface PlaceKeeper {
  load(): Promise<Place>;
  save(place: Place): Promise<void>;
  close(): Promise<void>;
}

export async function openPlaceKeeper(options: Pick<DatabaseOptions, 'file' | 'url'>): Promise<PlaceKeeper> {
  const database: Database = await openDatabase({ ...options, schema: 'change_capture', migrations });
  return {
    async load() {
      const row = await database.get<{ body: string }>('SELECT body FROM place');
      return row ? (JSON.parse(row.body) as Place) : { kind: 'log', after: 0 };
    },
    async save(place) {
      await database.run(
        'INSERT INTO place (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
        JSON.stringify(place),
      );
    },
    close: () => database.close(),
  };
}
