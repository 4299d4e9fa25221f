import { spawnSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeCertificates } from '../../estate/make-certificates.ts';
import { findCertificates, removeCertificates, renewCertificates } from '../../estate/mtls.ts';
import { estateProcesses, type ProcessSpec } from '../../estate/processes.ts';
import { createGrpcClient } from '../../extracted-services/chassis/grpc-client.ts';
import { createHttpClient, type HttpRequest } from '../../extracted-services/chassis/http-client.ts';
import { readTls, type Tls } from '../../extracted-services/chassis/tls.ts';
import { newTrace } from '../../extracted-services/chassis/trace.ts';
import { type Estate, launchEstate } from '../kit/estate.ts';
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

const readCertificate = async (folder: string, name: string): Promise<Tls> => {
  const tls = await readTls(folder, name);
  if (tls === undefined) throw new Error(`${name} has no certificate in ${folder}`);
  return tls;
};

describe('npm start -- --mtls', { timeout: 120_000 }, () => {
  let estate: Estate;
  let processes: readonly ProcessSpec[];
  let folder: string;
  /** What the launcher itself shows. */
  let own: Tls;
  const urlOf = (name: string): string => processes.find(one => one.name === name)?.url ?? '';

  beforeAll(async () => {
    estate = await launchEstate(
      async ({ config }) => {
        const shipped = await readFile(config, 'utf8');
        await writeFile(config, shipped.replace('stage: legacy', 'stage: migrated'));
      },
      { args: ['--mtls'] },
    );
    await vi.waitFor(() => expect(estate.output()).toContain('Stop: Ctrl-C'), patience);
    folder = join(dirname(estate.config), 'data', 'mtls');
    processes = estateProcesses(estate.env, {}, folder);
    own = await readCertificate(folder, 'estate');
  }, 120_000);
  afterAll(() => estate[Symbol.asyncDispose]());

  const tokenOf = async (email: string): Promise<string> => {
    const shop = createShopClient(() => estate.gateway);
    const login = await shop.json('POST', '/v1/login', { email, password: 'wonderland' });
    return ((await login.json()) as { access_token: string }).access_token;
  };

  it('says where everything is: services by https, the monolith and the gateway as ever', () => {
    for (const { name, url } of processes) {
      expect(estate.output()).toMatch(new RegExp(`${name} +${url} +healthy`));
      const isPlain = name === 'legacy' || name === 'gateway';
      expect([name, new URL(url).protocol]).toEqual([name, isPlain ? 'http:' : 'https:']);
    }
  });

  it('serves by the gateway: with its own token, with nobody’s, and with that of a person', async () => {
    const servedBy = async (path: string, headers = {}): Promise<string> => {
      const answer = await fetch(estate.gateway + path, { headers });
      await answer.body?.cancel();
      return `${answer.status} ${/served=\w+/.exec(answer.headers.get('x-figway') ?? '')}`;
    };
    expect(await servedBy('/orders/42/lines')).toBe('200 served=service');
    expect(await servedBy('/products/7')).toBe('200 served=service');
    const authorization = `Bearer ${await tokenOf('alice@example.com')}`;
    expect(await servedBy('/v1/users/me', { authorization })).toBe('200 served=service');
  });

  it('places an order: users for a token, products over gRPC, payments; each writes down who asked', async () => {
    const placed = await ask(`${urlOf('orders')}/v1/orders`, own, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await tokenOf('alice@example.com')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        user_id: 1,
        lines: [{ product_id: 7, quantity: 1 }],
        card: '4111111111111111',
      }),
    });
    expect([201, 202]).toContain(placed.status);
    const { order_id: id } = JSON.parse(placed.body) as { order_id: number };
    const statusOf = async (): Promise<unknown> => {
      const answer = await fetch(`${estate.gateway}/orders/${id}`, { headers: { 'x-preview': 'orders' } });
      return ((await answer.json()) as { status: string }).status;
    };
    await expect.poll(statusOf, patience).toBe('paid');
    const reserved = /^rpc_server_call_duration_seconds_count\{.*rpc_method="Reserve".*\} 1$/m;
    expect((await ask(`${urlOf('products')}/metrics`, own)).body).toMatch(reserved);

    const askersOf = async (name: string): Promise<readonly string[]> => {
      const log = await readFile(join(dirname(folder), 'logs', `${name}.log`), 'utf8');
      const records = log.match(/^\{.*\}$/gm) ?? [];
      return records.flatMap(line => (JSON.parse(line) as { process?: string }).process ?? []);
    };
    for (const name of ['users', 'products', 'payments']) expect(await askersOf(name)).toContain('orders');
    expect(await askersOf('users')).toContain('gateway');
  });

  it('hears nobody without a certificate of its authority, and believes no other one', async () => {
    await using stranger = await openTempFolder();
    await makeCertificates(stranger.path, ['estate']);
    const foreign = await readCertificate(stranger.path, 'estate');
    const services = processes.filter(({ url }) => url.startsWith('https:'));
    expect(services).toHaveLength(10);
    for (const { name, health } of services) {
      expect([name, (await ask(health, own)).status]).toEqual([name, 200]);
      await expect(ask(health, { ca: own.ca, cert: '', key: '' }), name).rejects.toThrow();
      await expect(ask(health, { ...foreign, ca: own.ca }), name).rejects.toThrow();
      await expect(ask(health, { ...own, ca: foreign.ca }), name).rejects.toThrow();
      await expect(ask(health.replace('https', 'http'), undefined), name).rejects.toThrow();
    }
    const stock = `127.0.0.1:${estate.ports.PRODUCTS_GRPC}`;
    expect(await checkOverGrpc(stock, own)).toEqual({ status: 'SERVING' });
    expect(await checkOverGrpc(stock, { ...foreign, ca: own.ca })).toBe('refused');
    expect(await checkOverGrpc(stock, undefined)).toBe('refused');
  });

  it('takes a certificate for no token', async () => {
    expect((await ask(`${urlOf('orders')}/v1/orders/42`, own)).status).toBe(401);
  });

  it('probes with the certificate of the gateway', async () => {
    const instances = async (): Promise<unknown> => {
      const admin = `http://127.0.0.1:${estate.ports.FIGWAY_ADMIN}`;
      const { upstreams } = JSON.parse((await ask(`${admin}/api/status`, undefined)).body) as {
        upstreams: { name: string; instances: { origin: string; isHealthy: boolean }[] }[];
      };
      return upstreams.map(one => [one.name, one.instances[0]?.origin, one.instances[0]?.isHealthy]);
    };
    const probed = ['legacy', 'users', 'products', 'orders', 'orders-writing', 'payments'];
    await expect
      .poll(instances, patience)
      .toEqual(probed.map(name => [name, urlOf(name.replace('-writing', '')), true]));
  });

  it('reconciles, and another start that finds its ports taken leaves the certificates alone', async () => {
    const run = (...words: readonly string[]) =>
      spawnSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, ...estate.env } });
    // An order that was placed at the service takes a moment to the monolith, by the anti-corruption layer.
    const reconcile = (): string => {
      const { status, stderr, stdout } = run('estate/command.ts', 'reconcile', 'orders');
      return `${status} ${stderr}${stdout}`;
    };
    await expect.poll(reconcile, patience).toMatch(/^0 \d+ rows, 0 disagree$/m);
    expect(run('estate/start.ts', '--mtls').status).toBe(3);
    expect(run('estate/start.ts').status).toBe(3);
    expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(own.ca);
  });

  it('keeps keys for their owner’s eyes, and out of every log', async () => {
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const keys = (await readdir(folder)).filter(file => file.endsWith('-key.pem'));
    const shown = processes.map(({ name }) => name).filter(name => name !== 'legacy');
    expect(keys.toSorted()).toEqual(
      [...shown, 'estate', 'reconcile'].map(name => `${name}-key.pem`).toSorted(),
    );
    for (const file of keys) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    const logs = join(dirname(folder), 'logs');
    for (const file of await readdir(logs))
      expect(await readFile(join(logs, file), 'utf8')).not.toContain('PRIVATE KEY');
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
