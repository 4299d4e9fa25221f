import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../estate/make-certificates.ts';
import { createOutgoing } from '../../../extracted-services/chassis/outgoing.ts';
import { startService } from '../../../extracted-services/chassis/service.ts';
import { readTls } from '../../../extracted-services/chassis/tls.ts';
import { newTrace } from '../../../extracted-services/chassis/trace.ts';
import { defaultQueryBounds } from '../../../extracted-services/web-bff/graphql/bounds.ts';
import { openapi } from '../../../extracted-services/web-bff/openapi.ts';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { operationsOf } from '../../kit/openapi.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

const file = resolve('extracted-services/web-bff/main.ts');
const listen = { WEB_BFF_LISTEN: '127.0.0.1:0' };
const page = readFileSync('docs/services/web-bff.md', 'utf8');

afterEach(stopMains);

describe('web-bff/main.ts', () => {
  it('starts with nothing set but its address, and stops on SIGTERM with 0', async () => {
    const main = runMain(file, listen);
    const url = await main.listening();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/v1/account`)).status).toBe(401);
    main.child.kill('SIGTERM');
    expect(await main.ended).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    [{ WEB_BFF_LISTEN: 'nowhere' }, 'WEB_BFF_LISTEN: expected host:port, got nowhere'],
    [{ ORDERS_URL: 'orders' }, 'ORDERS_URL: expected an http: or https: address, got orders'],
    [{ WEB_BFF_TIMEOUT: '0' }, 'WEB_BFF_TIMEOUT: expected a whole number from 50 to 30000, got 0'],
    [{ MTLS_DIR: '/nowhere' }, 'MTLS_DIR: cannot read /nowhere/ca.pem (ENOENT)'],
  ])('says in one line what it cannot take, and exits with 3: %j', async (env, message) => {
    const { code, err } = await runMain(file, { ...listen, ...env }).ended;
    expect([code, err]).toEqual([3, `web-bff: ${message}\n`]);
  });

  it('asks, and is asked, by mutual TLS', async () => {
    await using folder = await openTempFolder();
    const certificates = join(folder.path, 'mtls');
    await makeCertificates(certificates, ['web-bff', 'products', 'gateway']);
    const products = await startService({
      name: 'products',
      endpoints: [
        {
          method: 'GET',
          path: '/v1/products',
          access: 'open',
          handle: () => ({ status: 200, body: { products: [] } }),
        },
      ],
      openapi: {},
      tls: await readTls(certificates, 'products'),
    });
    const url = await runMain(file, {
      ...listen,
      MTLS_DIR: certificates,
      PRODUCTS_URL: products.url,
    }).listening();
    expect(url).toMatch(/^https:/);
    const outgoing = createOutgoing({
      name: 'web-bff',
      baseUrl: url,
      tls: await readTls(certificates, 'gateway'),
    });
    const answer = await outgoing.request({ method: 'GET', path: '/v1/catalogue', trace: newTrace() });
    expect([answer.status, answer.json]).toEqual([200, { products: [], page: 1 }]);
    outgoing.close();
    await products.close();
  });

  it('reads what its page says, and answers what its page says', () => {
    const main = readFileSync(file, 'utf8');
    for (const [, name = ''] of main.matchAll(/'([A-Z]+_[A-Z_]+)'/g)) expect(page).toContain(`\`${name}\``);
    for (const operation of operationsOf(openapi)) expect(page).toContain(`\`${operation}\``);
    const graphql = readFileSync('docs/patterns/graphql.md', 'utf8');
    expect(graphql).toMatch(new RegExp(`^\\| depth +\\| ${defaultQueryBounds.depth} `, 'm'));
    expect(graphql).toMatch(new RegExp(`^\\| aliases +\\| ${defaultQueryBounds.aliases} `, 'm'));
    const complexity = defaultQueryBounds.complexity.toLocaleString('en');
    expect(graphql).toMatch(new RegExp(`^\\| complexity +\\| ${complexity} `, 'm'));
    const dockerfile = readFileSync('extracted-services/web-bff/Dockerfile', 'utf8');
    expect(dockerfile).toContain('ENV WEB_BFF_LISTEN=0.0.0.0:4201\nEXPOSE 4201');
    expect(dockerfile).toContain('ENTRYPOINT ["node", "extracted-services/web-bff/main.ts"]');
  });
});
