import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedBrowser, openBrowser, type PageOptions, showPage } from '../../kit/browser.ts';
import { migrationYaml, openMigration, sendTraffic } from '../../kit/migration.ts';
import { isMissing } from '../../kit/services.ts';

describe.skipIf(isMissing('chromium'))('the dashboard', { timeout: 90_000 }, () => {
  let browser: OpenedBrowser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  const openPage = (url: string, options?: PageOptions) => showPage(browser, url, options);

  const rowOf = (page: Page, route: string): Locator => page.locator(`tr[data-key="${route}"]`);

  it('shows how far it has come, what needs attention, and the routes, with the numbers of the traffic', async () => {
    await using world = await openMigration();
    await sendTraffic(world.url);
    await using opened = await openPage(world.adminUrl);
    const { page } = opened;
    await page.getByRole('heading', { name: 'Routes' }).waitFor();
    const { traffic } = await fetchJson(world.adminUrl, '/api/status');
    const share = Number((traffic.serviceShare * 100).toFixed(1));
    expect(share).toBeGreaterThan(0);
    expect(await page.locator('.big').allInnerTexts()).toEqual([
      expect.stringContaining(`${share} %`),
      expect.stringContaining('2 of 7'),
    ]);
    expect(await page.locator('.attention').textContent()).toContain(
      'invoices: 2 requests fell back to legacy',
    );
    const orders = await rowOf(page, 'orders-read').textContent();
    expect(orders).toContain('canary 10 %');
    expect(orders).toContain('24');
    const road = rowOf(page, 'orders-read').getByRole('img', { name: 'canary 10 %, step 3 of 5' });
    expect(await road.count()).toBe(1);
    // Too few moments for a line.
    await page.getByText('Too early').waitFor();
    expect(await page.getByRole('columnheader', { name: 'verdict' }).count()).toBe(1);
    expect(orders).toContain('… pending');
  });

  it('shows what no route claims in templates, with entries to copy', async () => {
    await using world = await openMigration();
    await sendTraffic(world.url);
    await using opened = await openPage(`${world.adminUrl}/#/unclaimed`);
    const { page, context } = opened;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const row = page.locator('tr[data-key="/cart"]');
    await row.waitFor();
    expect(await row.textContent()).toContain('GET 12');
    await row.getByText('show').click();
    await row.getByRole('button', { name: 'Copy the suggestion for /cart' }).click();
    await page.getByText('Copied').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(await row.locator('pre').textContent());
    expect(copied).toContain('GET /cart');
  });

  it('is live: an edit of the file shows without a reload, and what the reader has typed stays', async () => {
    await using world = await openMigration();
    await using opened = await openPage(world.adminUrl);
    const { page } = opened;
    await page.locator('.connection.live').waitFor();
    const search = page.getByRole('searchbox');
    await search.fill('orders');
    await search.focus();
    await world.edit(migrationYaml.replace('percent: 10,', 'percent: 35,'));
    await rowOf(page, 'orders-read').getByText('canary 35 %').waitFor();
    expect(await search.inputValue()).toBe('orders');
    expect(await search.evaluate(element => element.matches(':focus'))).toBe(true);
    expect(await rowOf(page, 'profile').count()).toBe(0);
    expect(await page.locator('#said').textContent()).toContain('orders-read moved to canary');
  });

  it('shows a refused config in red on every page, and no longer once it is mended', async () => {
    await using world = await openMigration();
    await using opened = await openPage(world.adminUrl);
    const { page } = opened;
    await page.locator('.connection.live').waitFor();
    await world.edit(migrationYaml.replace('percent: 10,', 'percent: 140,'));
    const notice = page.getByRole('alert');
    await notice.getByText('expected 0 to 100, got 140').waitFor();
    expect(await colourOf(notice)).toBe(
      await page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue('--bad')`),
    );
    await page.getByRole('link', { name: 'Moves' }).click();
    await page.getByRole('heading', { name: 'Moves' }).waitFor();
    expect(await notice.count()).toBe(1);
    await world.edit(migrationYaml);
    await notice.waitFor({ state: 'detached' });
  });

  it('hears of a hold, and asks again by itself when the stream breaks', async () => {
    await using world = await openMigration();
    await using opened = await browser
      .open()
      .then(one => ({ ...one, [Symbol.asyncDispose]: () => one.context.close() }));
    const { page } = opened;
    await page.route('**/api/events', route => route.fulfill({ status: 503, body: '' }));
    await page.goto(world.adminUrl);
    await page.locator('.connection.polling').waitFor();
    await fetch(`${world.adminUrl}/api/routes/profile/hold`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'wrong names' }),
    });
    await rowOf(page, 'profile').getByText('held by loopback').waitFor();
    await page.unroute('**/api/events');
    await page.locator('.connection.live').waitFor();
  });

  describe('by keyboard alone', () => {
    /** Steps with Tab until the element has the focus. */
    async function tabTo(page: Page, target: Locator) {
      await target.waitFor();
      for (let step = 0; step < 80; step += 1) {
        if (await target.evaluate(element => element.matches(':focus'))) return;
        await page.keyboard.press('Tab');
      }
      throw new Error('Tab does not lead there');
    }

    it('a person finds a route, holds it, releases it, and promotes it past a gate that was shut', async () => {
      await using world = await openMigration();
      await using opened = await openPage(world.adminUrl);
      const { page } = opened;
      const press = (key: string) => page.keyboard.press(key);
      await page.getByRole('heading', { name: 'Routes' }).waitFor();

      await press('Tab');
      expect(await page.locator('.skip').evaluate(element => element.matches(':focus'))).toBe(true);
      await press('Enter');
      await tabTo(page, page.getByRole('link', { name: 'orders-read', exact: true }));
      for (const route of ['orders-write', 'catalogue', 'profile', 'login', 'invoices']) {
        await press('ArrowDown');
        expect(await page.locator(':focus').textContent()).toBe(route);
      }
      await press('Enter');
      await page.getByRole('heading', { name: 'invoices', level: 1 }).waitFor();

      await tabTo(page, page.getByRole('button', { name: 'Hold …' }));
      await press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Hold invoices' });
      await dialog.waitFor();
      // Without a reason nothing is sent.
      await press('Enter');
      expect(await dialog.count()).toBe(1);
      await page.keyboard.type('wrong totals');
      await press('Enter');
      await page.locator('main').getByText('Held by loopback:').waitFor();
      expect((await fetchJson(world.adminUrl, '/api/routes/invoices')).hold).toMatchObject({
        by: 'loopback',
        reason: 'wrong totals',
      });

      await tabTo(page, page.getByRole('button', { name: 'Release …' }));
      await press('Enter');
      await page.getByRole('dialog', { name: 'Release invoices' }).waitFor();
      await page.keyboard.type('totals are right again');
      await press('Enter');
      await page.locator('main').getByText('Held by loopback:').waitFor({ state: 'detached' });

      await tabTo(page, page.getByRole('button', { name: 'Promote …' }));
      await press('Enter');
      const promote = page.getByRole('dialog', { name: 'Promote invoices' });
      await promote.waitFor();
      await page.keyboard.type('contract tests, build 412');
      await tabTo(page, promote.getByRole('radio', { name: /canary/ }));
      await press('ArrowDown');
      await press('Enter');
      // The gate is shut: it says what is missing, and offers to pass over it aloud.
      await promote.getByRole('alert').getByText('ready').waitFor();
      await tabTo(page, promote.getByRole('checkbox', { name: /Pass over the gate/ }));
      await press('Space');
      await press('Enter');
      await promote.waitFor({ state: 'detached' });
      await page
        .locator('.road.large')
        .and(page.getByRole('img', { name: 'migrated, step 4 of 5' }))
        .waitFor();
      const { moves } = await fetchJson(world.adminUrl, '/api/moves');
      expect(moves[0]).toMatchObject({
        route: 'invoices',
        by: 'loopback',
        reason: 'contract tests, build 412',
        ungated: true,
      });
      await page.getByText('ungated').waitFor();
    });

    it('a dialog keeps the focus, ends on Escape and gives the focus back', async () => {
      await using world = await openMigration();
      await using opened = await openPage(`${world.adminUrl}/#/routes/profile`);
      const { page } = opened;
      const button = page.getByRole('button', { name: 'Roll back …' });
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      for (let step = 0; step < 20; step += 1) {
        await page.keyboard.press('Tab');
        // At its end the browser's own controls come, never what is behind it.
        const focused = page.locator(':focus');
        if ((await focused.count()) > 0)
          expect(await focused.evaluate(element => element.closest('dialog') !== null)).toBe(true);
      }
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await button.evaluate(element => element.matches(':focus'))).toBe(true);
      expect((await fetchJson(world.adminUrl, '/api/moves')).moves).toEqual([]);
    });
  });

  it('goes back to legacy only after somebody has said that its stale data is taken care of', async () => {
    await using world = await openMigration(
      migrationYaml.replace('stage: migrated\n    data: synced', 'stage: migrated\n    data: service'),
    );
    await using opened = await openPage(`${world.adminUrl}/#/routes/profile`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Roll back …' }).click();
    await page.getByRole('radio', { name: 'legacy' }).check();
    await page.getByLabel('Reason').fill('the service loses addresses');
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: /taken care of/ }).check();
    await page.getByRole('button', { name: 'Move it' }).click();
    await page.getByRole('img', { name: 'legacy, step 1 of 5' }).first().waitFor();
  });

  it('moves a cohort together, and says whom', async () => {
    await using world = await openMigration();
    await using opened = await openPage(`${world.adminUrl}/#/routes/orders-read`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Roll back …' }).click();
    await page
      .getByText('The percent of the cohort checkout; its routes move together: orders-read.')
      .waitFor();
    await page.getByRole('radio', { name: /fewer clients than 10 %/ }).check();
    await page.getByLabel('Percent of clients').fill('2.5');
    await page.getByLabel('Reason').fill('too slow');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: 'canary 2.5 %, step 3 of 5' }).first().waitFor();
  });

  it('shows what to commit where moves are proposed', async () => {
    await using world = await openMigration(`moves: propose\n${migrationYaml}`);
    await using opened = await openPage(`${world.adminUrl}/#/routes/orders-write`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Promote …' }).click();
    await page.getByLabel('Reason').fill("it's time");
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').locator('.copyable pre').waitFor();
    const shown = await page.getByRole('dialog').locator('.copyable pre').textContent();
    expect(shown).toMatch(/^figway promote orders-write --to shadow --reason 'it'\\''s time'$|^[-+]{3} /m);
    expect((await fetchJson(world.adminUrl, '/api/routes/orders-write')).stage).toBe('legacy');
  });
});

/** As the palette writes it. */
const colourOf = (target: Locator): Promise<string> =>
  target.evaluate(element => {
    const { color } = element.ownerDocument.defaultView.getComputedStyle(element);
    const parts = color.match(/\d+/g) ?? [];
    return `#${parts.map((part: string) => Number(part).toString(16).padStart(2, '0')).join('')}`;
  });

// biome-ignore lint/suspicious/noExplicitAny: what comes is what the test looks at.
const fetchJson = async (url: string, path: string): Promise<any> => (await fetch(`${url}${path}`)).json();
