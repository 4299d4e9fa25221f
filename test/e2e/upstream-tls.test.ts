import { copyFile, readFile, rename } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../gateway/schema.ts';
import { type Authority, createAuthority, hasOpenssl, readPair } from '../kit/certificates.ts';
import { errorsOf } from '../kit/config.ts';
import { type Folder, openFolder } from '../kit/files.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { openWorld } from '../kit/world.ts';

/** A service that serves nobody without a certificate of its authority; it says whose it was. */
async function openService(authority: Authority, files: { cert: string; key: string }) {
  const callers: string[] = [];
  const listener: RequestListener = (req, res) => {
    const caller = callerOf(req);
    callers.push(`${caller} ${req.url}`);
    res.end(caller);
  };
  const ca = await readFile(authority.file, 'utf8');
  const server = createServer({ ...(await readPair(files)), ca, requestCert: true }, listener);
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    callers,
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const callerOf = (req: IncomingMessage): string =>
  String((req.socket as TLSSocket).getPeerCertificate().subject.CN);

const yaml = (service: string, tls: string, more = ''): string => `
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "${service}", tls: ${tls}${more} }
routes:
  orders: { match: [GET /orders], service: orders, stage: migrated, data: synced }
`;

const bodyOf = async (url: string): Promise<string> => (await fetch(`${url}/orders`)).text();

describe.skipIf(!hasOpenssl)('mutual TLS to an upstream (needs openssl)', () => {
  const open = async () => {
    const folder = await openFolder();
    const authority = await createAuthority(folder.path);
    const service = await openService(authority, await authority.sign('service'));
    await replacePair(folder, await authority.sign('gateway-1'));
    return {
      ...{ folder, authority, service },
      async [Symbol.asyncDispose]() {
        await service[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  };

  const tlsIn = (folder: Folder): string =>
    `{ ca: ${folder.at('ca.pem')}, cert: ${folder.at('client.pem')}, key: ${folder.at('client.key')} }`;

  /** As a tool that renews does it: both files at once as far as a reader can tell, the key first. */
  const replacePair = async (folder: Folder, { cert, key }: { cert: string; key: string }): Promise<void> => {
    await copyFile(key, folder.at('client.key.new'));
    await copyFile(cert, folder.at('client.pem.new'));
    await rename(folder.at('client.key.new'), folder.at('client.key'));
    await rename(folder.at('client.pem.new'), folder.at('client.pem'));
  };

  it('shows its certificate, and believes the authority that is named', async () => {
    await using shop = await open();
    await using world = await openWorld(yaml(shop.service.url, tlsIn(shop.folder)), { legacy: () => {} });
    expect(await bodyOf(world.url)).toBe('gateway-1');
  });

  it('does not believe an authority that is not named: 502, and nothing is sent', async () => {
    await using shop = await open();
    const others = await createAuthority(shop.folder.path, 'others');
    const tls = tlsIn(shop.folder).replace(shop.folder.at('ca.pem'), others.file);
    await using world = await openWorld(yaml(shop.service.url, tls), { legacy: () => {} });
    const answer = await fetch(`${world.url}/orders`);
    expect(answer.status).toBe(502);
    expect(shop.service.callers).toEqual([]);
  });

  it('uses a renewed certificate by itself, and keeps the old one while the new one is broken', async () => {
    await using shop = await open();
    const { folder, authority, service } = shop;
    await using world = await openWorld(yaml(service.url, tlsIn(folder)), { legacy: () => {} });
    expect(await bodyOf(world.url)).toBe('gateway-1');
    const second = await authority.sign('gateway-2');
    await copyFile(second.cert, folder.at('client.pem'));
    const refused = await world.gateway.reload();
    expect(refused.problems).toMatchObject([
      { code: 'bad-certificate', path: ['upstreams', 'orders', 'tls', 'key'], line: 8 },
    ]);
    expect(await bodyOf(world.url)).toBe('gateway-1');
    await replacePair(folder, second);
    await expect.poll(() => bodyOf(world.url), { timeout: 8000 }).toBe('gateway-2');
  });

  it('keeps its connections over a reload that changes no certificate', async () => {
    await using shop = await open();
    const text = yaml(shop.service.url, tlsIn(shop.folder));
    await using world = await openWorld(text, { legacy: () => {} });
    let isOn = false;
    const overReload = async (): Promise<number[]> => {
      await bodyOf(world.url);
      isOn = !isOn;
      expect((await world.edit(`${text}debugHeaders: ${isOn}\n`)).isGood).toBe(true);
      return connectionsOf(world.adminUrl);
    };
    // Once more where the reload took longer than four seconds, after which an idle connection is closed.
    await expect.poll(overReload, { timeout: 15_000 }).toEqual([1]);
  });

  it('probes with it', async () => {
    await using shop = await open();
    await using world = await openWorld(yaml(shop.service.url, tlsIn(shop.folder), ', health: /readyz'), {
      legacy: () => {},
    });
    await eventually(() => shop.service.callers.includes('gateway-1 /readyz'), 'a probe');
    expect(await bodyOf(world.url)).toBe('gateway-1');
  });

  it('asks an issuer for its keys, and for a token of its own, with the certificates of each', async () => {
    await using shop = await open();
    const { authority, folder, service } = shop;
    const [keys, tokens] = [await authority.sign('for-keys'), await authority.sign('for-tokens')];
    const tls = (files: { cert: string; key: string }): string =>
      `{ ca: ${authority.file}, cert: ${files.cert}, key: ${files.key} }`;
    const credentials = `, credentials: { tokenUrl: "${service.url}/token", clientId: a, clientSecret: b, tls: ${tls(tokens)} }`;
    const issuer = `{ issuer: "${service.url}", jwks: "${service.url}/keys", algorithms: [ES256], tls: ${tls(keys)} }`;
    const text = `${yaml(service.url, tlsIn(folder), credentials)}auth: { jwt: ${issuer} }
`;
    await using world = await openWorld(text.replace('data: synced', 'data: synced, auth: public'), {
      legacy: () => {},
    });
    expect((await fetch(`${world.url}/orders`)).status).toBe(503);
    await eventually(() => service.callers.includes('for-keys /keys'), 'keys');
    expect(service.callers).toContain('for-tokens /token');
  });

  it('fetches keys anew where another certificate is named', async () => {
    await using shop = await open();
    const { authority, folder, service } = shop;
    const [first, second] = [await authority.sign('first'), await authority.sign('second')];
    const text = (files: { cert: string; key: string }): string =>
      `${yaml(service.url, tlsIn(folder))}auth: { jwt: { issuer: "${service.url}", jwks: "${service.url}/keys", algorithms: [ES256], tls: { ca: ${authority.file}, cert: ${files.cert}, key: ${files.key} } } }
`;
    await using world = await openWorld(text(first), { legacy: () => {} });
    await eventually(() => service.callers.includes('first /keys'), 'keys');
    expect((await world.edit(text(second))).isGood).toBe(true);
    await eventually(() => service.callers.includes('second /keys'), 'keys');
  });
});

async function connectionsOf(adminUrl: string): Promise<number[]> {
  const { upstreams } = (await (await fetch(`${adminUrl}/api/status`)).json()) as {
    upstreams: { name: string; openConnections: number }[];
  };
  return upstreams.filter(({ name }) => name === 'orders').map(({ openConnections }) => openConnections);
}

describe.skipIf(!hasOpenssl)('a config of certificates (needs openssl)', () => {
  const problemsOf = async (folder: Folder, tls: string) => {
    const file = await folder.write(
      'routes.yaml',
      `monolith: a\nupstreams: { a: { url: "http://x:1", tls: ${tls} } }\n`,
    );
    const loaded = await loadConfig(file, {});
    return { loaded, errors: errorsOf(loaded).map(line => line.replaceAll(folder.path, '')) };
  };

  it('finds files beside the yaml, and watches them', async () => {
    await using folder = await openFolder();
    const authority = await createAuthority(folder.path);
    await authority.sign('client');
    const { loaded, errors } = await problemsOf(folder, '{ ca: ca.pem, cert: client.pem, key: client.key }');
    expect(errors).toEqual([]);
    expect(loaded.files).toEqual(expect.arrayContaining([folder.at('ca.pem'), folder.at('client.key')]));
    expect(loaded.config?.upstreams.a?.tls?.cert).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });

  it('takes a name that the environment leaves empty for none, and finds a mistake in half of them', async () => {
    await using folder = await openFolder();
    const authority = await createAuthority(folder.path);
    const { cert } = await authority.sign('client');
    const file = await folder.write(
      'routes.yaml',
      `monolith: a
upstreams:
  a:
    url: https://x:1
    tls: &same
      ca: \${CA:-}
      cert: \${CERT:-}
      key: \${KEY:-}
  b: { url: "https://x:2", tls: *same }
`,
    );
    const none = await loadConfig(file, {});
    expect(errorsOf(none)).toEqual([]);
    expect(none.config?.upstreams.b?.tls).toEqual({});
    const some = await loadConfig(file, { CA: authority.file });
    expect(some.config?.upstreams.b?.tls?.ca).toMatch(/^-----BEGIN CERTIFICATE-----/);
    const half = await loadConfig(file, { CERT: cert });
    expect(errorsOf(half)).toEqual([
      expect.stringContaining('upstreams.a.tls.cert: expected cert and key together, got one of them'),
      expect.stringContaining('upstreams.b.tls.cert: expected cert and key together, got one of them'),
    ]);
    const { errors } = await problemsOf(folder, '{ ca: }');
    expect(errors).toEqual([expect.stringContaining('upstreams.a.tls.ca: expected a file, got nothing')]);
  });

  it('names what is wrong where it stands', async () => {
    await using folder = await openFolder({ 'odd.pem': 'no certificate\n' });
    const authority = await createAuthority(folder.path);
    await authority.sign('client');
    await authority.sign('other');
    await authority.sign('old', -1);
    const errors = async (tls: string) => (await problemsOf(folder, tls)).errors;
    expect(await errors('{ ca: missing.pem }')).toEqual([
      '[unreadable-file] /routes.yaml:2:49 error upstreams.a.tls.ca: cannot read missing.pem: there is no such file',
    ]);
    expect(await errors('{ ca: odd.pem }')).toEqual([
      '[bad-certificate] /routes.yaml:2:49 error upstreams.a.tls.ca: expected certificates in PEM, got something else',
    ]);
    expect(await errors('{ cert: client.pem }')).toEqual([
      expect.stringContaining('expected cert and key together, got one of them'),
    ]);
    expect(await errors('{ cert: client.pem, key: other.key }')).toEqual([
      expect.stringContaining(
        'upstreams.a.tls.key: expected the key of the certificate, got the key of another',
      ),
    ]);
    expect(await errors('{ cert: client.pem, key: odd.pem }')).toEqual([
      expect.stringContaining('expected a private key in PEM without a passphrase, got something else'),
    ]);
    const { loaded } = await problemsOf(folder, '{ cert: old.pem, key: old.key }');
    expect(loaded.problems).toMatchObject([{ severity: 'warning', code: 'certificate-expired' }]);
  });
});
