import { spawnSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificates } from '../../estate/make-certificates.ts';
import { findCertificates, removeCertificates, renewCertificates } from '../../estate/mtls.ts';
import { estateProcesses } from '../../estate/processes.ts';
import { createGrpcClient } from '../../extracted-services/chassis/grpc-client.ts';
import { createHttpClient, type HttpRequest } from '../../extracted-services/chassis/http-client.ts';
import { readTls, type Tls } from '../../extracted-services/chassis/tls.ts';
import { newTrace } from '../../extracted-services/chassis/trace.ts';
import { launchEstate } from '../kit/estate.ts';
import { createShopClient } from '../kit/shop-client.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

const patience = { timeout: 60_000, interval: 200 };

const ask = async (
  url: string,
  tls: Tls | undefined,
  more: Partial<HttpRequest> = {},
): Promise<{ status: number; body: string }> => {
  const client = createHttpClient(tls);
  const request = { url: new URL(url), method: 'GET', headers: {}, signal: AbortSignal.timeout(10_000) };
  try {
    const answer = await client.send({ ...request, ...more });
    return { status: answer.status, body: answer.body.toString('utf8') };
  } finally {
    client.close();
  }
};

const checkOverGrpc = async (address: string, tls: Tls | undefined): Promise<unknown> => {
  const proto = 'extracted-services/chassis/health.proto';
  const client = createGrpcClient({ proto, service: 'grpc.health.v1.Health', address, tls });
  try {
    return await client.call('Check', { service: '' }, newTrace());
  } catch (error) {
    return (error as { kind: string }).kind;
  } finally {
    client.close();
  }
};

describe('npm start -- --mtls', { timeout: 180_000 }, () => {
  it('serves the shop with a certificate for every process, and refuses whoever has none', async () => {
    await using estate = await launchEstate(
      async ({ config }) => {
        const shipped = await readFile(config, 'utf8');
        await writeFile(config, shipped.replace('stage: legacy', 'stage: migrated'));
      },
      { args: ['--mtls'] },
    );
    await expect.poll(estate.output, patience).toContain('Stop: Ctrl-C');
    const data = join(dirname(estate.config), 'data');
    const folder = join(data, 'mtls');
    const processes = estateProcesses(estate.env, {}, folder);
    for (const { name, url } of processes)
      expect(estate.output()).toMatch(new RegExp(`${name} +${url} +healthy`));

    // By REST, asked by the gateway; with the gateway's own token, and with that of a person.
    const servedBy = async (path: string, headers = {}): Promise<string> => {
      const answer = await fetch(estate.gateway + path, { headers });
      await answer.body?.cancel();
      return `${answer.status} ${/served=\w+/.exec(answer.headers.get('x-figway') ?? '')}`;
    };
    expect(await servedBy('/orders/42/lines')).toBe('200 served=service');
    expect(await servedBy('/products/7')).toBe('200 served=service');
    const shop = createShopClient(() => estate.gateway);
    const login = await shop.json('POST', '/v1/login', {
      email: 'alice@example.com',
      password: 'wonderland',
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    const authorization = `Bearer ${token}`;
    expect(await servedBy('/v1/users/me', { authorization })).toBe('200 served=service');

    // By gRPC, in the saga: orders asks users for a token, products for the stock and payments for the money.
    const own = await readTls(folder, 'estate');
    const urlOf = (name: string): string => processes.find(one => one.name === name)?.url ?? '';
    const placed = await ask(`${urlOf('orders')}/v1/orders`, own, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        user_id: 1,
        lines: [{ product_id: 7, quantity: 1 }],
        card: '4111111111111111',
      }),
    });
    expect([201, 202]).toContain(placed.status);
    const { order_id: id } = JSON.parse(placed.body) as { order_id: number };
    const statusOf = async (): Promise<unknown> => {
      const answer = await fetch(`${estate.gateway}/orders/${id}`, {
        headers: { 'x-preview': 'orders' },
      });
      return ((await answer.json()) as { status: string }).status;
    };
    await expect.poll(statusOf, patience).toBe('paid');
    const reserved = /^rpc_server_call_duration_seconds_count\{.*rpc_method="Reserve".*\} 1$/m;
    expect((await ask(`${urlOf('products')}/metrics`, own)).body).toMatch(reserved);

    // Who has no certificate of this authority is not heard.
    await using stranger = await openTempFolder();
    await makeCertificates(stranger.path, ['estate']);
    const foreign = await readTls(stranger.path, 'estate');
    const ca = own?.ca ?? '';
    const services = processes.filter(({ name }) => name !== 'legacy' && name !== 'gateway');
    expect(services).toHaveLength(10);
    for (const { name, health } of services) {
      expect([name, (await ask(health, own)).status]).toEqual([name, 200]);
      await expect(ask(health, { ca, cert: '', key: '' }), name).rejects.toThrow();
      await expect(ask(health, foreign && { ...foreign, ca }), name).rejects.toThrow();
      await expect(ask(health, own && { ...own, ca: foreign?.ca ?? '' }), name).rejects.toThrow();
      await expect(ask(health.replace('https', 'http'), undefined), name).rejects.toThrow();
    }
    const stock = `127.0.0.1:${estate.ports.PRODUCTS_GRPC}`;
    expect(await checkOverGrpc(stock, own)).toEqual({ status: 'SERVING' });
    expect(await checkOverGrpc(stock, foreign && { ...foreign, ca })).toBe('refused');
    expect(await checkOverGrpc(stock, undefined)).toBe('refused');

    // Everybody writes down which process has asked.
    const askersOf = async (name: string): Promise<readonly string[]> => {
      const log = await readFile(join(data, 'logs', `${name}.log`), 'utf8');
      const records = log.match(/^\{.*\}$/gm) ?? [];
      return records.flatMap(line => (JSON.parse(line) as { process?: string }).process ?? []);
    };
    expect(await askersOf('products')).toEqual(expect.arrayContaining(['gateway', 'orders']));
    expect(await askersOf('users')).toEqual(expect.arrayContaining(['gateway', 'orders']));
    expect(await askersOf('payments')).toContain('orders');

    // A certificate says which process asks; what it may do says its token alone.
    expect((await ask(`${urlOf('orders')}/v1/orders/42`, own)).status).toBe(401);

    // The gateway's probes show its certificate, and tools theirs.
    const instances = async (): Promise<unknown> => {
      const admin = `http://127.0.0.1:${estate.ports.FIGWAY_ADMIN}`;
      const { upstreams } = JSON.parse((await ask(`${admin}/api/status`, undefined)).body) as {
        upstreams: { name: string; instances: { origin: string; isHealthy: boolean }[] }[];
      };
      return upstreams.map(one => [one.name, one.instances[0]?.origin, one.instances[0]?.isHealthy]);
    };
    const probed = ['legacy', 'users', 'products', 'orders', 'payments'];
    await expect.poll(instances, patience).toEqual(probed.map(name => [name, urlOf(name), true]));
    const command = (...words: readonly string[]) =>
      spawnSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, ...estate.env } });
    const reconciled = command('estate/command.ts', 'reconcile', 'products');
    expect([reconciled.status, reconciled.stderr, reconciled.stdout]).toEqual([
      0,
      '',
      expect.stringContaining(', 0 disagree'),
    ]);

    // Another start finds its ports taken, and leaves the certificates of this one alone.
    expect(command('estate/start.ts', '--mtls').status).toBe(3);
    expect(command('estate/start.ts').status).toBe(3);
    expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(ca);

    // Keys are for their owner's eyes, and in no log.
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const keys = (await readdir(folder)).filter(file => file.endsWith('-key.pem'));
    expect(keys).toHaveLength(services.length + 3);
    for (const file of keys) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    for (const file of await readdir(join(data, 'logs')))
      expect(await readFile(join(data, 'logs', file), 'utf8')).not.toContain('PRIVATE KEY');
  });
});

describe('the certificates of a start', () => {
  it('are there as long as the last start was one with --mtls, and are those of that start', async () => {
    await using temp = await openTempFolder();
    const env = { ESTATE_DATA: join(temp.path, 'data') };
    expect(findCertificates(env)).toBeUndefined();
    const first = await renewCertificates(env, ['orders']);
    const folder = findCertificates(env) ?? '';
    expect(folder).toBe(join(temp.path, 'data', 'mtls'));
    const second = await renewCertificates(env, ['users']);
    expect(second?.ca).not.toBe(first?.ca);
    expect(await readdir(folder)).not.toContain('orders.pem');
    await removeCertificates(env);
    expect(findCertificates(env)).toBeUndefined();
  });

  it('change nothing where there are none: plain addresses, and no word of a folder', () => {
    for (const { name, url, env } of estateProcesses({}, {})) {
      expect([name, new URL(url).protocol]).toEqual([name, 'http:']);
      expect([name, Object.keys(env).filter(variable => variable.startsWith('MTLS'))]).toEqual([name, []]);
    }
  });
});
