import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMemory } from '../../estate/memory.ts';
import { launchEstate } from '../kit/estate.ts';
import { createShopClient } from '../kit/shop-client.ts';

const patience = { timeout: 30_000, interval: 200 };
/** 1.2 GiB, in KiB. */
const most = 1.2 * 1024 * 1024;

describe('the migration that routes.yaml ships', { timeout: 120_000 }, () => {
  it('runs with people at the shop, knows who is logged in everywhere, and fits into its memory', async () => {
    await using estate = await launchEstate(undefined, { args: ['--traffic'] });
    await expect.poll(estate.output, { ...patience, timeout: 60_000 }).toContain('Stop: Ctrl-C');
    const shop = createShopClient(() => estate.gateway);
    const servedBy = async (path: string, headers: Record<string, string>): Promise<string> => {
      const answer = await fetch(estate.gateway + path, { headers });
      await answer.body?.cancel();
      return `${answer.status} ${/route=([\w-]+); stage=(\w+); served=(\w+)/
        .exec(answer.headers.get('x-figway') ?? '')
        ?.slice(1)
        .join(' ')}`;
    };

    const cookie = await shop.logIn('alice@example.com');
    // The service verifies a token of the gateway's: the monolith's cookie never reaches it.
    const me = await shop.get('/v1/users/me', cookie);
    expect([me.status, await me.json()]).toMatchObject([200, { email: 'alice@example.com' }]);
    expect(await servedBy('/v1/users/me', {})).toBe('401 profiles done gateway');

    const login = { email: 'alice@example.com', password: 'wonderland' };
    const { access_token: token } = (await (await shop.json('POST', '/v1/login', login)).json()) as {
      access_token: string;
    };
    const bearer = { authorization: `Bearer ${token}` };
    expect(await servedBy('/v1/users/me', bearer)).toBe('200 profiles done service');
    expect(await servedBy('/products/7', {})).toBe('200 products-read migrated service');
    expect(await servedBy('/orders/42', { 'x-preview': 'orders' })).toBe('200 orders-read canary service');
    expect(await servedBy('/orders/42/lines', {})).toBe('200 order-lines legacy legacy');
    expect(await servedBy('/payments', { cookie })).toBe('200 payments-read shadow legacy');
    expect(await servedBy('/account/orders', { cookie })).toMatch(/^200/);

    const figures = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${estate.ports.FIGWAY_ADMIN}/metrics`)).text();
    for (const route of ['products-read', 'orders-read']) {
      const equal = new RegExp(
        `^figway_comparisons_total\\{route="${route}".*outcome="(?:match|excused)"\\} \\d`,
        'm',
      );
      await expect.poll(figures, patience).toMatch(equal);
    }

    const held = await readMemory(join(dirname(estate.config), 'data'));
    expect(held.map(({ name }) => name)).toEqual(expect.arrayContaining(['gateway', 'legacy', 'users']));
    for (const { pss } of held) expect(pss).toBeGreaterThan(10_000);
    expect(held.reduce((sum, { pss }) => sum + pss, 0)).toBeLessThan(most);
  });
});
