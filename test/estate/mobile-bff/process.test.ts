import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openapi } from '../../../extracted-services/mobile-bff/openapi.ts';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { operationsOf } from '../../kit/openapi.ts';

const file = resolve('extracted-services/mobile-bff/main.ts');
const listen = { MOBILE_BFF_LISTEN: '127.0.0.1:0' };
const page = readFileSync('docs/services/mobile-bff.md', 'utf8');

afterEach(stopMains);

describe('mobile-bff/main.ts', () => {
  it('starts with nothing set but its address, and stops on SIGTERM with 0', async () => {
    const main = runMain(file, listen);
    const url = await main.listening();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/v1/screens/home`)).status).toBe(401);
    main.child.kill('SIGTERM');
    expect(await main.ended).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    [
      { MOBILE_BFF_STALE_SECONDS: '-1' },
      'MOBILE_BFF_STALE_SECONDS: expected a whole number from 0 to 86400, got -1',
    ],
    [{ MOBILE_BFF_TIMEOUT: '1s' }, 'MOBILE_BFF_TIMEOUT: expected a whole number from 50 to 30000, got 1s'],
  ])('says in one line what it cannot take, and exits with 3: %j', async (env, message) => {
    const { code, err } = await runMain(file, { ...listen, ...env }).ended;
    expect([code, err]).toEqual([3, `mobile-bff: ${message}\n`]);
  });

  it('reads what its page says, and answers what its page says', () => {
    const main = readFileSync(file, 'utf8');
    for (const [, name = ''] of main.matchAll(/'([A-Z]+_[A-Z_]+)'/g)) expect(page).toContain(`\`${name}\``);
    for (const operation of operationsOf(openapi)) expect(page).toContain(`\`${operation}\``);
    const dockerfile = readFileSync('extracted-services/mobile-bff/Dockerfile', 'utf8');
    expect(dockerfile).toContain('ENV MOBILE_BFF_LISTEN=0.0.0.0:4202\nEXPOSE 4202');
    expect(dockerfile).toContain('ENTRYPOINT ["node", "extracted-services/mobile-bff/main.ts"]');
  });
});
