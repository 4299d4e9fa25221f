/** Writes what is generated from the definitions in the code: `npm run generate`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { describeErrors } from './admin/describe-errors.ts';
import { toReference, toSchemaFile } from './config/describe.ts';
import { routesFile } from './schema.ts';

/** Generated files by their path from the top of the project. */
export const generated = (): ReadonlyMap<string, string> =>
  new Map([
    ['gateway/routes.schema.json', `${JSON.stringify(toSchemaFile(routesFile), undefined, 2)}\n`],
    ['docs/configuration.md', toReference(routesFile)],
    ['docs/errors.md', describeErrors()],
  ]);

if (import.meta.main) {
  const top = new URL('../', import.meta.url);
  await mkdir(new URL('docs/', top), { recursive: true });
  for (const [file, text] of generated()) await writeFile(new URL(file, top), text);
}
