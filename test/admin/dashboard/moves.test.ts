import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedBrowser, openBrowser, showPage } from '../../kit/browser.ts';
import { migrationYaml, openMigration } from '../../kit/migration.ts';
import { isMissing } from '../../kit/services.ts';

interface MoveRow {
  readonly id: string;
  readonly at: string;
  readonly route: string;
}

async function move(adminUrl: string, route: string, body: object): Promise<void> {
  const answer = await fetch(`${adminUrl}/api/routes/${route}/stage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
}

async function movesOf(adminUrl: string): Promise<readonly MoveRow[]> {
  const answer = await fetch(`${adminUrl}/api/moves`);
  return ((await answer.json()) as { moves: MoveRow[] }).moves;
}

describe.skipIf(isMissing('chromium'))('moves on the page', { timeout: 90_000 }, () => {
  let browser: OpenedBrowser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('says how the first one comes about where there is none', async () => {
    await using world = await openMigration();
    await using opened = await showPage(browser, `${world.adminUrl}/#/moves`);
    await opened.page.getByText('None yet. Promote a route on its page').waitFor();
    expect(await opened.page.getByRole('table').count()).toBe(0);
  });

  it.each([1280, 360])(
    'tells of each who, when, why and the numbers, newest first, at %i pixels',
    async width => {
      await using world = await openMigration();
      await move(world.adminUrl, 'orders-write', { stage: 'shadow', reason: 'compare <b>first</b>' });
      const more = { stage: 'canary', percent: 50, reason: 'contract tests pass', force: true };
      await move(world.adminUrl, 'invoices', more);
      await move(world.adminUrl, 'invoices', { stage: 'legacy', reason: 'until 2026-11-26T10:00:00.000Z' });
      await using opened = await showPage(browser, `${world.adminUrl}/#/moves`, { width });
      const { page } = opened;
      const rows = page.getByRole('table', { name: 'Moves' }).locator('tbody tr');
      await rows.nth(2).waitFor();
      const cells = async (name: string) =>
        (await rows.locator(`[data-label="${name}"]`).allTextContents()).map(text => text.trim());
      expect(await cells('route')).toEqual(['invoices', 'invoices', 'orders-write']);
      expect(await cells('move')).toEqual([
        'canary 50 % → legacy',
        'canary 25 % → 50 % ungated',
        'legacy → shadow',
      ]);
      expect(await cells('who')).toEqual(['loopback', 'loopback', 'loopback']);
      const whys = await cells('why');
      expect(whys.slice(1)).toEqual(['contract tests pass', 'compare <b>first</b>']);
      expect(whys[0]).not.toContain('2026-11-26T10:00');
      expect(await rows.nth(0).locator('[data-label="why"] time').getAttribute('datetime')).toBe(
        '2026-11-26T10:00:00.000Z',
      );
      const [, evidence = ''] = await cells('evidence');
      expect(evidence).toContain('gate shut · pending · 0 distinct, 0 bad');
      expect(evidence).toContain('the verdict is pending');
      expect(await cells('revision')).toEqual(['build-412', 'build-412', 'build-412']);
      const kept = await movesOf(world.adminUrl);
      const times = rows.locator('[data-label="when"] time');
      expect(await times.evaluateAll(all => all.map(one => one.getAttribute('datetime')))).toEqual(
        kept.map(({ at }) => at),
      );
      expect(await times.first().getAttribute('title')).toMatch(/^\d{1,2} \w{3} 20\d\d, \d\d:\d\d:\d\d /);
      const over = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(over)).toBe(0);
      await rows.nth(2).getByRole('link', { name: 'orders-write' }).click();
      await page.getByRole('heading', { name: 'orders-write', level: 1 }).waitFor();
      await page.getByRole('table', { name: 'Moves' }).getByText('compare <b>first</b>').waitFor();
    },
  );

  it('shows one that is made meanwhile without a reload, and says it aloud', async () => {
    await using world = await openMigration();
    await using opened = await showPage(browser, `${world.adminUrl}/#/moves`);
    const { page } = opened;
    await page.locator('.connection.live').waitFor();
    const said = page.locator('#said[aria-live=polite]', {
      hasText: 'orders-write moved to shadow, by loopback',
    });
    const isSaid = said.waitFor();
    await move(world.adminUrl, 'orders-write', { stage: 'shadow', reason: 'compare first' });
    await isSaid;
    await page.getByRole('cell', { name: 'compare first' }).waitFor();
    await world.edit(migrationYaml.replace('percent: 25', 'percent: 30'));
    await page.getByRole('cell', { name: 'edited by hand' }).first().waitFor();
    expect(
      await page.getByRole('table', { name: 'Moves' }).locator('tbody tr').first().textContent(),
    ).toContain('revision build-412');
  });

  it('shows the newest 200, and where older ones are', async () => {
    await using world = await openMigration();
    await move(world.adminUrl, 'orders-write', { stage: 'shadow', reason: 'compare first' });
    const [first] = await movesOf(world.adminUrl);
    const asked: string[] = [];
    const { page, context } = await browser.open();
    await page.route('**/api/moves*', route => {
      asked.push(new URL(route.request().url()).search);
      return route.fulfill({
        json: { moves: Array.from({ length: 200 }, (_, at) => ({ ...first, id: `move-${at}` })) },
      });
    });
    await page.goto(`${world.adminUrl}/#/moves`);
    await page.getByText('GET /api/moves?limit=10000').waitFor();
    expect(await page.getByRole('table', { name: 'Moves' }).locator('tbody tr').count()).toBe(200);
    expect(asked[0]).toBe('?limit=200');
    await context.close();
  });
});

describe.skipIf(isMissing('chromium'))('the button Promote', { timeout: 90_000 }, () => {
  let browser: OpenedBrowser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('shows what is missing before, is refused with the gate, and moves only by force with a reason', async () => {
    await using world = await openMigration();
    await using opened = await showPage(browser, `${world.adminUrl}/#/routes/invoices`);
    const { page } = opened;
    await page.getByText('asks for the verdict ready and a quiet tripwire').waitFor();
    await page.getByRole('button', { name: 'Promote …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Promote invoices' });
    await dialog.getByText('no request was seen under these rules yet').waitFor();
    await dialog.getByLabel('Reason').fill('why not');
    await dialog.getByRole('button', { name: 'Move it' }).click();
    await dialog.getByRole('alert').getByText('Not moved: invoices asks for the verdict ready').waitFor();
    expect(await movesOf(world.adminUrl)).toEqual([]);
    await dialog.getByRole('checkbox', { name: /Pass over the gate/ }).check();
    await dialog.getByRole('button', { name: 'Move it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => movesOf(world.adminUrl)).toMatchObject([{ reason: 'why not', ungated: true }]);
  });

  it('says beforehand what the file lacks for canary, and no longer once it is written', async () => {
    await using world = await openMigration();
    await using opened = await showPage(browser, `${world.adminUrl}/#/routes/catalogue`);
    const { page } = opened;
    const lack = 'routes.catalogue lacks by, what tells one client from another, such as by: [cookie:NAME]';
    await page.getByText('not possible yet').waitFor();
    await page.locator('main').getByText(lack).waitFor();
    await page.getByRole('button', { name: 'Promote …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Promote catalogue' });
    await dialog.getByText(lack).waitFor();
    expect(await dialog.getByLabel('Reason').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.locator('.connection.live').waitFor();
    await world.edit(
      migrationYaml.replace(
        '    match: [GET /products/*]\n',
        '    match: [GET /products/*]\n    by: [cookie:sid]\n',
      ),
    );
    await page.getByText('not possible yet').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Promote …' }).click();
    await dialog.getByLabel('Reason').waitFor();
    expect(await dialog.getByLabel('Percent of clients').count()).toBe(1);
  });
});
