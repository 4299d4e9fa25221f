import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Monolith, startMonolith } from '../../../legacy-monolith/monolith.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

let monolith: Monolith;
let folder: Awaited<ReturnType<typeof openTempFolder>>;
beforeAll(async () => {
  folder = await openTempFolder();
  monolith = await startMonolith({ port: 0, internalToken });
});
afterAll(async () => {
  await stopMains();
  await monolith.close();
  await folder[Symbol.asyncDispose]();
});

const mains = [
  { name: 'products', prefix: 'PRODUCTS', page: 'docs/services/products.md' },
  { name: 'change-capture', prefix: 'CHANGE_CAPTURE', page: 'docs/patterns/change-data-capture.md' },
  { name: 'anti-corruption', prefix: 'ANTI_CORRUPTION', page: 'docs/patterns/anti-corruption-layer.md' },
] as const;

const start = (name: string, prefix: string, more: Readonly<Record<string, string>> = {}) =>
  runMain(`extracted-services/${name}/main.ts`, {
    [`${prefix}_LISTEN`]: '127.0.0.1:0',
    [`${prefix}_GRPC_LISTEN`]: '127.0.0.1:0',
    [`${prefix}_DATABASE`]: `${folder.path}/${name}.db`,
    BUS_DATABASE: `${folder.path}/bus.db`,
    LEGACY_URL: monolith.url,
    LEGACY_INTERNAL_TOKEN: internalToken,
    ...more,
  });

describe.each(mains)('the process of $name', ({ name, prefix, page }) => {
  it('says where it listens, is ready, and ends with 0 on SIGTERM', async () => {
    const main = start(name, prefix);
    const url = await main.listening();
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
    main.child.kill('SIGTERM');
    expect(await main.ended).toMatchObject({ code: 0, err: '' });
  });

  it('ends with 3 and one line that names the variable and the value that it cannot take', async () => {
    const main = start(name, prefix, { [`${prefix}_LISTEN`]: 'nowhere' });
    expect(await main.ended).toMatchObject({
      code: 3,
      err: `${name}: ${prefix}_LISTEN: expected host:port, got nowhere\n`,
    });
  });

  it('reads the variables that its page lists, and no other', () => {
    const source = ['main.ts', ...(name === 'products' ? ['switches.ts'] : [])]
      .map(file => readFileSync(`extracted-services/${name}/${file}`, 'utf8'))
      .join('\n');
    const read = [...source.matchAll(/'([A-Z]+_[A-Z_]+)'/g)].map(([, variable = '']) => variable);
    const stores = ['DATABASE_URL', `${prefix}_DATABASE`, 'AMQP_URL', 'BUS_DATABASE'];
    const issuers = source.includes('readIssuers')
      ? ['USERS_URL', 'USERS_ISSUER', 'GATEWAY_ISSUER', 'GATEWAY_JWKS_URL']
      : [];
    const listed = [...readFileSync(page, 'utf8').matchAll(/^\| (`[A-Z]+_.*?) +\|/gm)].flatMap(
      ([, cell = '']) => cell.match(/[A-Z]+_[A-Z_]+/g) ?? [],
    );
    const legacy = source.includes('LegacyFeed(settings)') ? ['LEGACY_URL', 'LEGACY_INTERNAL_TOKEN'] : [];
    expect(listed.toSorted()).toEqual([...new Set([...read, ...stores, ...issuers, ...legacy])].toSorted());
  });

  it('has a container file that listens and is healthy where it says', () => {
    const dockerfile = readFileSync(`extracted-services/${name}/Dockerfile`, 'utf8');
    const port = new RegExp(`'${prefix}_LISTEN', '127.0.0.1:(\\d+)'`).exec(
      readFileSync(`extracted-services/${name}/main.ts`, 'utf8'),
    )?.[1];
    expect(dockerfile).toContain(`ENV ${prefix}_LISTEN=0.0.0.0:${port}\n`);
    expect(dockerfile).toContain(`EXPOSE ${port}`);
    expect(dockerfile).toContain(`fetch('http://127.0.0.1:${port}/readyz')`);
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "extracted-services/${name}/main.ts"]`);
    expect(dockerfile).toMatch(/^USER \d+:\d+$/m);
  });
});
