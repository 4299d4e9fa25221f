/**
 * Takes the pictures of docs/dashboard.md anew, of a migration that runs for about twenty minutes:
 * `npx node test/docs/screenshots.ts`. Needs Chromium.
 */
import { openRunningMigration } from '../kit/running-migration.ts';
import { takePictures } from './pictures.ts';

/** Requests a second. */
const rate = 12;

await using migration = await openRunningMigration(rate);
await migration.play(line => console.log(`${new Date().toISOString()} ${line}`));
await takePictures(migration.adminUrl);
