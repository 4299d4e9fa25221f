import { readFile, rename } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toSchemaFile } from '../../gateway/config/describe.ts';
import { generated } from '../../gateway/generate.ts';
import { loadConfig, routesFile } from '../../gateway/schema.ts';
import { createAuthority, hasOpenssl } from '../kit/certificates.ts';
import { openFolder } from '../kit/files.ts';
import { makeMintingKey } from '../kit/sessions.ts';

const accepts = new Ajv2020({ allowUnionTypes: true }).compile(toSchemaFile(routesFile));
const full = await readFile(new URL('files/full.yaml', import.meta.url), 'utf8');

describe('what is generated', () => {
  it.each([...generated()])('%s is current (npm run generate)', async (file, text) => {
    expect(await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')).toBe(text);
  });

  it('explains every key', () => {
    const reference = generated().get('docs/configuration.md') ?? '';
    expect(reference.split('\n').filter(line => /^\| `.*\| +\|$/.test(line))).toEqual([]);
  });
});

describe('the full example', () => {
  it.skipIf(!hasOpenssl)('loads without an error or a warning', async () => {
    await using folder = await openFolder({ 'routes.yaml': full, 'gateway-key.pem': makeMintingKey() });
    const authority = await createAuthority(folder.path);
    await rename((await authority.sign('server')).cert, folder.at('cert.pem'));
    await rename(folder.at('server.key'), folder.at('key.pem'));
    await authority.sign('client');
    await folder.write('routes.d/more.yaml', 'owner: team-x\n');
    const loaded = await loadConfig(folder.at('routes.yaml'), { ORDERS_SECRET: 'x' });
    expect(loaded.problems).toEqual([]);
    expect(loaded.config?.routes['orders-read']?.tripwire).toMatchObject({ slower: 25, window: 60_000 });
  });

  it('is accepted by the JSON Schema as it is written', () => {
    accepts(parse(full));
    expect(accepts.errors).toBeNull();
  });
});

describe('the JSON Schema', () => {
  const file = (more: object) => ({ monolith: 'a', upstreams: { a: { url: 'http://x:1' } }, ...more });

  it.each([
    [
      'a placeholder for a number',
      { routes: { r: { match: ['/'], service: 's', stage: '${S}', percent: '${P}' } } },
    ],
    ['a placeholder for a flag', { debugHeaders: '${D:-false}' }],
    ['a placeholder for a duration', { drain: { timeout: '${T}s' } }],
    ['an empty section', { routes: null, tests: null }],
  ])('accepts %s', (_, more) => {
    expect(accepts(file(more))).toBe(true);
  });

  it.each([
    ['an unknown key', { rutes: {} }],
    ['a bare number for a duration', { drain: { timeout: 2 } }],
    ['a stage that is none', { routes: { r: { match: ['/'], service: 's', stage: 'x' } } }],
    ['a name with a space', { routes: { 'a b': { match: ['/'], service: 's', stage: 'done' } } }],
  ])('refuses %s', (_, more) => {
    expect(accepts(file(more))).toBe(false);
  });
});
