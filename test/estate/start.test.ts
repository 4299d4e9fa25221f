import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { estateProcesses } from '../../estate/processes.ts';
import { launchEstate } from '../kit/estate.ts';

const patience = { timeout: 30_000, interval: 100 };

const replaceIn = async (file: string, before: string, after: string): Promise<void> =>
  writeFile(file, (await readFile(file, 'utf8')).replace(before, after));

const isUp = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

describe('npm start', { timeout: 60_000 }, () => {
  it('prints where everything is, migrates an order by one word, survives a dead service, and stops all', async () => {
    await using estate = await launchEstate();
    const served = async (): Promise<string> =>
      (await fetch(`${estate.gateway}/orders/42/lines`)).headers.get('x-figway') ?? '';
    await expect.poll(estate.output, patience).toContain('Stop: Ctrl-C');
    for (const { name, url } of estateProcesses(estate.env, {})) {
      expect(estate.output()).toMatch(new RegExp(`${name} +${url} +healthy`));
    }
    expect(await served()).toContain('served=legacy');

    await replaceIn(estate.config, 'stage: legacy', 'stage: migrated');
    await expect.poll(served, patience).toContain('served=service');

    process.kill(estate.pidOf('orders'), 'SIGKILL');
    await expect.poll(estate.output, patience).toContain('orders ended (SIGKILL); the gateway goes on.');
    expect(await served()).toContain('served=legacy; because="fallback');

    estate.child.kill('SIGTERM');
    expect(await estate.ended).toBe(0);
    for (const port of Object.values(estate.ports))
      expect(await isUp(`http://127.0.0.1:${port}`)).toBe(false);
  });

  it('stops all when the shell dies that npm started it in', async () => {
    await using estate = await launchEstate(undefined, { inShell: true });
    await expect.poll(estate.output, patience).toContain('Stop: Ctrl-C');
    estate.child.kill('SIGKILL');
    await expect.poll(() => isUp(estate.gateway), patience).toBe(false);
    await expect.poll(() => isUp(`http://127.0.0.1:${estate.ports.LEGACY}`), patience).toBe(false);
  });

  it('stops the rest when the gateway dies', async () => {
    await using estate = await launchEstate();
    await expect.poll(estate.output, patience).toContain('Stop: Ctrl-C');
    process.kill(estate.pidOf('gateway'), 'SIGKILL');
    expect(await estate.ended).toBe(1);
    expect(estate.output()).toContain('gateway ended (SIGKILL); stopping the others.');
    expect(await isUp(`http://127.0.0.1:${estate.ports.LEGACY}`)).toBe(false);
  });

  it('names the process and the port that is taken, starts nothing, and ends with 3', async () => {
    const squatter = createServer();
    await using estate = await launchEstate(async ({ ports }) => {
      await once(squatter.listen(ports.ORDERS, '127.0.0.1'), 'listening');
    });
    expect(await estate.ended).toBe(3);
    const { ORDERS: orders, LEGACY: legacy } = estate.ports;
    expect(estate.output()).toBe(
      `orders: 127.0.0.1:${orders} is in use, by another npm start perhaps; ORDERS_LISTEN names another address\n`,
    );
    expect(await isUp(`http://127.0.0.1:${legacy}`)).toBe(false);
    await once(squatter.close(), 'close');
  });

  it('shows what is wrong with routes.yaml, and ends with 1', async () => {
    await using estate = await launchEstate(({ config }) =>
      replaceIn(config, 'stage: legacy', 'stage: lgeacy'),
    );
    expect(await estate.ended).toBe(1);
    expect(estate.output()).toMatch(/routes\.yaml:\d+:\d+ error routes\.order-lines\.stage: /);
    expect(await isUp(`http://127.0.0.1:${estate.ports.LEGACY}`)).toBe(false);
  });
});
