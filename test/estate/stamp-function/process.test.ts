import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openapi } from '../../../extracted-services/stamp-function/openapi.ts';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { operationsOf } from '../../kit/openapi.ts';

const file = resolve('extracted-services/stamp-function/main.ts');
const settings = { STAMP_FUNCTION_LISTEN: '127.0.0.1:0', STAMP_FUNCTION_SECRET: 'sixteen letters!' };
const page = readFileSync('docs/services/stamp-function.md', 'utf8');

afterEach(stopMains);

describe('stamp-function/main.ts', () => {
  it('starts, answers, and stops on SIGTERM with 0 while an instance is idle', async () => {
    const main = runMain(file, settings);
    const url = await main.listening();
    const answer = await fetch(`${url}/v1/stamp`, { method: 'POST', body: 'x' });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      401,
      'signature-missing',
    ]);
    main.child.kill('SIGTERM');
    expect(await main.ended).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    [{ STAMP_FUNCTION_SECRET: '' }, 'STAMP_FUNCTION_SECRET: expected a secret, got nothing'],
    [{ STAMP_FUNCTION_SECRET: 'short' }, 'STAMP_FUNCTION_SECRET: expected 16 characters or more, got 5'],
    [
      { STAMP_FUNCTION_CONCURRENCY: '0' },
      'STAMP_FUNCTION_CONCURRENCY: expected a whole number from 1 to 64, got 0',
    ],
  ])('says in one line what it cannot take, and exits with 3: %j', async (env, message) => {
    const { code, err } = await runMain(file, { ...settings, ...env }).ended;
    expect([code, err]).toEqual([3, `stamp-function: ${message}\n`]);
  });

  it('reads what its page says, and answers what its page says', () => {
    const main = readFileSync(file, 'utf8');
    for (const [, name = ''] of main.matchAll(/'([A-Z]+_[A-Z_]+)'/g)) expect(page).toContain(`\`${name}\``);
    for (const operation of operationsOf(openapi)) expect(page).toContain(`\`${operation}\``);
    const sources = ['stamp', 'endpoints'].map(name =>
      readFileSync(`extracted-services/stamp-function/${name}.ts`, 'utf8'),
    );
    const codes = [...sources.join('').matchAll(/'((?:signature|function)-[a-z]+)'/g)];
    expect(codes.length).toBeGreaterThan(8);
    for (const [, code] of codes) expect(page).toContain(`\`${code}\``);
    const dockerfile = readFileSync('extracted-services/stamp-function/Dockerfile', 'utf8');
    expect(dockerfile).toContain('ENV STAMP_FUNCTION_LISTEN=0.0.0.0:4301\nEXPOSE 4301');
    expect(dockerfile).toContain('ENTRYPOINT ["node", "extracted-services/stamp-function/main.ts"]');
  });
});
