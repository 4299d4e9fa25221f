import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createApiKeys } from '../../../gateway/edge/auth/api-keys.ts';
import { codeOf, get } from '../../kit/edge.ts';
import { openIssuer } from '../../kit/issuer.ts';
import { sendRaw, valuesOf } from '../../kit/raw.ts';
import { echo } from '../../kit/upstream.ts';
import { openWorld } from '../../kit/world.ts';

const secret = 'fgw_partner-a';
const other = 'fgw_partner-b';
const entries = `
      - { id: partner-a, sha256: "${hash('sha256', secret)}", scopes: [orders:read], roles: [partner] }
      - { id: partner-b, sha256: "${hash('sha256', other)}" }`;

const config = (auth: string): string => `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
auth:
${auth}
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced }
  scoped: { match: [/scoped], service: orders, stage: migrated, data: synced, auth: { scopes: [orders:read], roles: [partner] } }
  open: { match: [/open], service: orders, stage: migrated, data: synced, auth: public }
`;
const keysOnly = config(`  apiKeys:\n    keys: ${entries}`);

const openShop = (yaml: string) => openWorld(yaml, { legacy: echo('legacy'), orders: echo('orders') });

describe('an API key', () => {
  it('lets its client in with scopes and roles, and is kept from services but not from legacy', async () => {
    await using shop = await openShop(keysOnly);
    const { orders, legacy } = shop.upstreams;
    const lines = [`X-Api-Key: ${secret}`, 'X_Api_Key: twin', 'X-Api-Keys: another'];
    expect((await sendRaw(shop.url, get('/scoped', ...lines))).status).toBe(200);
    expect(orders.seen[0]?.headers).toMatchObject({
      'x-user-scopes': 'orders:read',
      'x-user-roles': 'partner',
      'x-api-keys': 'another',
    });
    expect(JSON.stringify(orders.seen)).not.toMatch(/fgw_|twin|x-user-id/);
    await sendRaw(shop.url, get('/elsewhere', ...lines));
    expect(legacy.seen[0]?.headers['x-api-key']).toBe(secret);
    expect(legacy.seen[0]?.headers['x-user-scopes']).toBeUndefined();
  });

  it('that is wrong, empty, doubled or of another case is 401, and says no more than that', async () => {
    await using shop = await openShop(keysOnly);
    for (const lines of [
      ['X-Api-Key: fgw_partner-c'],
      ['X-Api-Key: FGW_partner-a'],
      ['X-Api-Key:'],
      [`X-Api-Key: ${secret}`, `X-Api-Key: ${secret}`],
      [`X-Api-Key: ${secret}`, `X-Api-Key: ${other}`],
      [`X-Api-Key: ${hash('sha256', secret)}`],
    ]) {
      const answer = await sendRaw(shop.url, get('/orders/1', ...lines));
      expect([answer.status, codeOf(answer)]).toEqual([401, 'token-invalid']);
      expect(valuesOf(answer.fields, 'www-authenticate')).toEqual([
        'Bearer realm="figway", error="invalid_token", error_description="the API key is not known here"',
      ]);
    }
    expect(shop.upstreams.orders.seen).toEqual([]);
    expect(shop.log.join()).not.toContain('fgw_');
    expect((await sendRaw(shop.url, get('/orders/1', `x-api-key: ${other}`))).status).toBe(200);
  });

  it('without the scope is 403, on an open route ignored where it is wrong', async () => {
    await using shop = await openShop(keysOnly);
    const answer = await sendRaw(shop.url, get('/scoped', `X-Api-Key: ${other}`));
    expect([answer.status, codeOf(answer)]).toEqual([403, 'scope-missing']);
    expect((await sendRaw(shop.url, get('/open', 'X-Api-Key: nonsense'))).status).toBe(200);
    expect(shop.upstreams.orders.seen[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it('that is good does not mend a bad bearer token; where no issuer is known a bearer token is no credential', async () => {
    await using issuer = await openIssuer();
    const jwt = `  jwt: { issuer: "${issuer.url}", audience: shop, jwks: "${issuer.jwks}", algorithms: [ES256] }\n`;
    const key = `X-Api-Key: ${secret}`;
    await using both = await openShop(config(`${jwt}  apiKeys:\n    keys: ${entries}`));
    const send = async (...lines: string[]) => (await sendRaw(both.url, get('/orders/1', ...lines))).status;
    expect(await send(key, 'Authorization: Bearer x')).toBe(401);
    expect(await send(key, 'Authorization: Basic YTpi')).toBe(200);
    expect(await send('X-Api-Key: x', `Authorization: Bearer ${issuer.token()}`)).toBe(200);
    await using alone = await openShop(keysOnly);
    const answer = await sendRaw(alone.url, get('/orders/1', key, 'Authorization: Bearer x'));
    expect(answer.status).toBe(200);
  });

  it('has a field of the name that the config says', async () => {
    await using shop = await openShop(config(`  apiKeys:\n    header: X-Partner\n    keys: ${entries}`));
    const send = async (line: string) => (await sendRaw(shop.url, get('/orders/1', line))).status;
    expect([await send(`x-partner: ${secret}`), await send(`x-api-key: ${secret}`)]).toEqual([200, 401]);
    expect(shop.upstreams.orders.seen[0]?.headers).not.toHaveProperty('x-partner');
  });

  it('gives the same identity each time, so that what is made for it can be kept', () => {
    const keys = createApiKeys({
      header: 'X-Api-Key',
      keys: [{ id: 'a', sha256: hash('sha256', 'secret'), scopes: [], roles: [] }],
    });
    expect(keys.authenticate('secret')).toBe(keys.authenticate('secret'));
    expect(keys.authenticate('secret')).toMatchObject({ identity: { key: 'a', user: undefined } });
  });
});
