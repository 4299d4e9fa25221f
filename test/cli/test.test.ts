import { describe, expect, it } from 'vitest';
import { openFolder } from '../kit/command-line.ts';
import { shop } from '../kit/routes-files.ts';

describe('figway test', () => {
  it('passes and names the match entries that no test exercises', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { code, stdout } = await folder.figway(['test']);
    expect(code).toBe(0);
    expect(stdout).toContain('no test orders-read: GET /orders\n');
    expect(stdout).toContain('2 of 2 tests passed, 1 of 4 match entries exercised (25 %)');
  });

  it('shows what a failed test expected and got, and exits with 1', async () => {
    await using folder = await openFolder({
      'routes.yaml': shop.replace('/elsewhere -> unclaimed', '/elsewhere -> pay'),
    });
    const { code, stdout } = await folder.figway(['test']);
    expect(code).toBe(1);
    expect(stdout).toContain('failed GET /elsewhere -> pay\n  expected pay, got unclaimed\n');
  });

  it('exits with 1 below the coverage that is wanted', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    expect((await folder.figway(['test', '--coverage', '25'])).code).toBe(0);
    const { code, stdout } = await folder.figway(['test', '--coverage', '26%']);
    expect(code).toBe(1);
    expect(stdout).toContain('(25 %), 26 % wanted');
  });

  it('gives one JSON document with --json', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { stdout } = await folder.figway(['test', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      isGood: true,
      failed: 0,
      coverage: { entries: 4, exercised: 1 },
    });
  });

  it('tells the problems of a bad file and exits with 1', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop.replace('stage: legacy', 'stage: legcy') });
    const { code, stderr } = await folder.figway(['test']);
    expect(code).toBe(1);
    expect(stderr).toContain('routes.yaml:16:12 error');
    expect(stderr).toContain('figway: routes.yaml: 1 error');
  });
});
