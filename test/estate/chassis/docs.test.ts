import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

const chassis = resolve('extracted-services/chassis');
const page = readFileSync('docs/patterns/microservice-chassis.md', 'utf8');
const jwtPage = readFileSync('docs/patterns/jwt-and-oauth2.md', 'utf8');
const usersPage = readFileSync('docs/services/users.md', 'utf8');

afterEach(stopMains);

it('the example of docs/patterns/microservice-chassis.md runs as it stands there', async () => {
  await using folder = await openTempFolder();
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const imports = ['auth', 'issuers', 'service', 'settings'].map(
    name => `import * as ${name} from '${chassis}/${name}.ts';`,
  );
  const names = `const { createAuthority } = auth, { readIssuers } = issuers, { startService } = service_, { readSettings } = settings;`;
  const file = join(folder.path, 'example.ts');
  writeFileSync(
    file,
    [
      ...imports.map(line => line.replace('as service ', 'as service_ ')),
      names,
      example,
      'console.log(JSON.stringify({ msg: "listening", url: service.url }));',
    ].join('\n'),
  );
  const url = await runMain(file, {}).listening();
  expect((await fetch(`${url}/v1/notes`)).status).toBe(401);
  const headers = { 'content-type': 'application/json' };
  const made = await fetch(`${url}/v1/notes`, { method: 'POST', body: '{"a":1}', headers });
  expect([made.status, await made.json()]).toEqual([201, { a: 1 }]);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

it('the pages of the pattern name files that are there', () => {
  const folders = ['', 'chassis', 'users', '../estate', '..'];
  for (const [, file = ''] of [page, jwtPage, usersPage].join('\n').matchAll(/`([\w./-]+\.(?:ts|md))`/g)) {
    const found = folders.some(
      folder => existsSync(join('extracted-services', folder, file)) || existsSync(join(chassis, file)),
    );
    expect([file, found]).toEqual([file, true]);
  }
});

it('the pages of patterns have at most sixty lines', () => {
  for (const text of [page, jwtPage]) expect(text.split('\n').length).toBeLessThanOrEqual(61);
});
