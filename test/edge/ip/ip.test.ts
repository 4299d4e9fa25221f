import { describe, expect, it } from 'vitest';
import { errorsOf, loadTexts } from '../../kit/config.ts';
import { echo } from '../../kit/upstream.ts';
import { openWorld } from '../../kit/world.ts';

/** A gateway whose peer (this test) is trusted, so that a request may name its address and country. */
const openShop = (edge: string, more = '') =>
  openWorld(
    `
monolith: legacy
trust: [loopback]
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
edge: { ${edge} }
routes:
  orders: { match: [/orders], service: orders, stage: migrated, data: synced${more} }
  parts: { match: [/parts], service: orders, stage: legacy }
`,
    { legacy: echo('legacy'), orders: echo('orders') },
  );

const ask = (url: string, address: string, more: Record<string, string> = {}) =>
  fetch(url, { headers: { 'x-forwarded-for': address, ...more } });

const statusOf = async (url: string, address: string, more?: Record<string, string>): Promise<number> => {
  const answer = await ask(url, address, more);
  await answer.text();
  return answer.status;
};

describe('the ip guard', () => {
  it('refuses with 403, forwards nothing and does not say by which list', async () => {
    await using world = await openShop('ip: { allow: [192.0.2.0/24], deny: [192.0.2.66] }');
    const denied = await ask(`${world.url}/orders`, '192.0.2.66');
    const unlisted = await ask(`${world.url}/orders`, '198.51.100.1');
    const [first, second] = [await denied.json(), await unlisted.json()] as { code: string }[];
    expect([denied.status, first?.code]).toEqual([403, 'address-denied']);
    expect({ ...second, instance: '' }).toEqual({ ...first, instance: '' });
    expect(world.upstreams.orders.seen).toHaveLength(0);
    await expect.poll(() => world.log.join('\n')).toContain('"event":"refused"');
    const line = world.log.flatMap(lines => lines.split('\n')).find(text => text.includes('"refused"')) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      ...{ route: 'orders', guard: 'ip', code: 'address-denied', address: '192.0.2.66', peer: '127.0.0.1' },
      ...{ method: 'GET', path_template: '/orders', request_id: denied.headers.get('x-request-id') },
    });
    expect(await statusOf(`${world.url}/orders`, '192.0.2.7')).toBe(200);
  });

  it('lets deny win over allow, and knows IPv6 and IPv4 inside IPv6', async () => {
    await using world = await openShop(
      'ip: { allow: ["2001:db8::/32", 192.0.2.0/24], deny: ["2001:db8:bad::/48", 192.0.2.128/25] }',
    );
    const status = (address: string) => statusOf(`${world.url}/orders`, address);
    expect(await status('2001:db8::7')).toBe(200);
    expect(await status('2001:DB8:bad::7')).toBe(403);
    expect(await status('2001:db9::7')).toBe(403);
    expect(await status('192.0.2.129')).toBe(403);
    expect(await status('::ffff:192.0.2.1')).toBe(200);
    expect(await status('::ffff:c000:281')).toBe(403);
  });

  it('believes a country only of a trusted peer, and refuses whoever is from nowhere where some are allowed', async () => {
    await using world = await openShop('ip: { countryHeader: CF-IPCountry, allowCountries: [de, FR] }');
    const status = (country?: string) =>
      statusOf(`${world.url}/orders`, '192.0.2.7', country === undefined ? {} : { 'cf-ipcountry': country });
    expect(await status('DE')).toBe(200);
    expect(await status('fr')).toBe(200);
    expect(await status('RU')).toBe(403);
    expect(await status()).toBe(403);
    // One that the client wrote itself, in front of the proxy's.
    expect(await status('DE, RU')).toBe(403);
    const again = await world.edit(`
monolith: legacy
trust: [203.0.113.1]
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
edge: { ip: { countryHeader: cf-ipcountry, allowCountries: [DE] } }
routes: { orders: { match: [/orders], service: orders, stage: migrated, data: synced } }
`);
    expect(again.isGood).toBe(true);
    expect(await status('DE')).toBe(403);
  });

  it('refuses a denied country wherever the field names it', async () => {
    await using world = await openShop('ip: { countryHeader: cf-ipcountry, denyCountries: [RU] }');
    const status = (country?: string) =>
      statusOf(`${world.url}/orders`, '192.0.2.7', country === undefined ? {} : { 'cf-ipcountry': country });
    expect([await status('RU'), await status('DE, RU'), await status('DE'), await status()]).toEqual([
      403, 403, 200, 200,
    ]);
  });

  it('is replaced by that of a route, observes in legacy, and has its own for unclaimed traffic', async () => {
    await using world = await openShop(
      'ip: { deny: [192.0.2.0/24] }, unclaimed: { ip: { deny: [198.51.100.0/24] } }',
      ', ip: { deny: [203.0.113.0/24] }',
    );
    expect(await statusOf(`${world.url}/orders`, '192.0.2.7')).toBe(200);
    expect(await statusOf(`${world.url}/orders`, '203.0.113.7')).toBe(403);
    expect(await statusOf(`${world.url}/parts`, '192.0.2.7')).toBe(200);
    expect(await statusOf(`${world.url}/other`, '192.0.2.7')).toBe(200);
    expect(await statusOf(`${world.url}/other`, '198.51.100.7')).toBe(403);
    const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'figway_refusals_total{route="parts",guard="ip",code="address-denied",mode="observe"} 1',
    );
  });
});

describe('a config of addresses and countries', () => {
  const load = async (edge: string, trust = '[loopback]') =>
    errorsOf(
      await loadTexts({
        'routes.yaml': `monolith: a\ntrust: ${trust}\nupstreams: { a: { url: "http://x:1" } }\nedge:\n  ip: ${edge}\n`,
      }),
    );

  it('names what is wrong where it stands', async () => {
    expect(await load('{ deny: [10.0.0.0/33] }')).toEqual([
      '[bad-value] routes.yaml:5:16 error edge.ip.deny[0]: expected an address or CIDR, got 10.0.0.0/33',
    ]);
    expect(await load('{ countryHeader: x-country, denyCountries: [DEU] }')).toEqual([
      expect.stringContaining('expected a country code of two letters such as DE, got DEU'),
    ]);
    expect(await load('{ denyCountries: [DE] }')).toEqual([
      expect.stringContaining('expected a countryHeader beside it, got none'),
    ]);
    expect(await load('{ countryHeader: "x country" }')).toEqual([
      expect.stringContaining('expected the name of a header field, got x country'),
    ]);
  });

  it('refuses countries that nobody is trusted to name', async () => {
    expect(await load('{ countryHeader: x-country, allowCountries: [DE] }', '[]')).toEqual([
      expect.stringMatching(/^\[country-untrusted\] routes\.yaml:5:24 error edge\.ip\.countryHeader/),
    ]);
  });
});
