import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../kit/documents.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

const estate = (folder: string, ...words: string[]) =>
  spawnSync(process.execPath, ['estate/command.ts', ...words], {
    encoding: 'utf8',
    // Nobody listens there, whoever runs an estate on this machine.
    env: { ...process.env, ESTATE_DATA: join(folder, 'data'), LEGACY_LISTEN: '127.0.0.1:1' },
  });

describe('npm run estate', { timeout: 60_000 }, () => {
  it('prints the secrets as .env, the same ones each time', async () => {
    await using folder = await openTempFolder();
    const { stdout, status } = estate(folder.path, 'secrets');
    expect(status).toBe(0);
    expect(estate(folder.path, 'secrets').stdout).toBe(stdout);
    const compose = await readDocument('docker-compose.yml');
    const wanted = [...compose.matchAll(/\$\{([A-Z_]+):\?npm run estate -- secrets > \.env\}/g)];
    expect(wanted.length).toBeGreaterThan(3);
    for (const [, name] of wanted) expect(stdout).toMatch(new RegExp(`^${name}=[\\w-]{43}$`, 'm'));
  });

  it('runs a tool with the settings of npm start, and ends as it does', async () => {
    await using folder = await openTempFolder();
    expect(estate(folder.path, 'dead-letters', 'list')).toMatchObject({
      status: 0,
      stdout: 'no dead letters\n',
    });
    await expect(readFile(join(folder.path, 'data', 'bus.db'))).resolves.toBeInstanceOf(Buffer);
    const away = estate(folder.path, 'backfill', 'users');
    expect([away.status, away.stderr]).toEqual([3, 'users: legacy: ECONNREFUSED\n']);
  });

  it('turns switches beside those that were turned before, and refuses what is none', async () => {
    await using folder = await openTempFolder();
    const file = join(folder.path, 'data', 'orders.switches');
    expect(estate(folder.path, 'switch', 'orders', 'ORDERS_DELAY=slow').status).toBe(0);
    const both = estate(folder.path, 'switch', 'orders', 'ORDERS_UNKNOWN=problem', 'ORDERS_DELAY=as-legacy');
    expect(both.stdout).toBe(
      'orders takes it in within a second: ORDERS_UNKNOWN=problem ORDERS_DELAY=as-legacy\n',
    );
    const turned = 'ORDERS_DELAY=as-legacy\nORDERS_UNKNOWN=problem\n';
    expect(await readFile(file, 'utf8')).toBe(turned);

    for (const [words, why] of [
      [['payments', 'PAYMENTS_X=y'], 'expected orders or products, got payments'],
      [['orders'], 'expected a switch such as ORDERS_TAX_ROUNDING=as-legacy, got nothing'],
      [['orders', 'PRODUCTS_PACE=slow'], 'expected one of ORDERS_TAX_ROUNDING, ORDERS_MISSING_FIELD'],
      [['orders', 'ORDERS_DELAY=fast'], 'ORDERS_DELAY: expected as-legacy or slow, got fast'],
    ] as const) {
      const { status, stderr } = estate(folder.path, 'switch', ...words);
      expect([status, stderr]).toEqual([3, expect.stringContaining(why)]);
    }
    expect(await readFile(file, 'utf8')).toBe(turned);
  });

  it('says what it knows, to whom asks for something else', async () => {
    await using folder = await openTempFolder();
    for (const words of [[], ['toString'], ['reconsile']]) {
      const { status, stderr } = estate(folder.path, ...words);
      expect([status, stderr]).toEqual([3, expect.stringContaining('usage: npm run estate -- backfill')]);
    }
    expect(estate(folder.path, 'backfill', 'gateway')).toMatchObject({
      status: 3,
      stderr: 'estate: expected users or orders, got gateway\n',
    });
  });

  it('has the commands that docs/estate.md lists', async () => {
    const docs = await readDocument('docs/estate.md');
    const { stderr } = spawnSync(process.execPath, ['estate/command.ts'], { encoding: 'utf8' });
    const listed = [...docs.matchAll(/^\| `npm run estate -- ([a-z-]+)/gm)].map(([, name]) => name);
    const known = [...stderr.matchAll(/npm run estate -- ([a-z-]+)/g)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });
});

it('is one of at most ten scripts', async () => {
  const { scripts } = JSON.parse(await readDocument('package.json')) as { scripts: object };
  expect(Object.keys(scripts)).toContain('estate');
  expect(Object.keys(scripts).length).toBeLessThanOrEqual(10);
});
