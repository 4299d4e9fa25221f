/** Writes what is generated from the code, so that it cannot rot: `npm run generate`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { describeApi } from './admin/describe-api.ts';
import { describeErrors } from './admin/describe-errors.ts';
import { createEndpoints } from './admin/endpoints.ts';
import { describeCommands } from './cli/describe-commands.ts';
import { toReference, toSchemaFile } from './config/describe.ts';
import { systemClock } from './core/clock.ts';
import { createEvents } from './core/events.ts';
import { describeNotYet } from './not-yet.ts';
import { routesFile } from './schema.ts';

/** Generated files by their path from the top of the project. */
export const generated = (): ReadonlyMap<string, string> =>
  new Map([
    ['gateway/routes.schema.json', `${JSON.stringify(toSchemaFile(routesFile), undefined, 2)}\n`],
    ['docs/configuration.md', toReference(routesFile)],
    ['docs/errors.md', describeErrors()],
    ['docs/not-yet.md', describeNotYet()],
    ['docs/command-line.md', describeCommands()],
    ['docs/admin-api.md', describeApi(createEndpoints({ events: createEvents(), clock: systemClock }))],
  ]);

if (import.meta.main) {
  const top = new URL('../', import.meta.url);
  await mkdir(new URL('docs/', top), { recursive: true });
  for (const [file, text] of generated()) await writeFile(new URL(file, top), text);
}
