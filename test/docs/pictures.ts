import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser } from '../kit/browser.ts';
import { tokenOf } from '../kit/turned-back.ts';

const folder = join(import.meta.dirname, '../../docs/images');

/** The newest comparison that shows the planted rounding. */
async function comparisonOn(page: Page): Promise<string> {
  const path = '/api/routes/orders-read/comparisons?outcome=mismatch&limit=50';
  const id = await page.evaluate(
    `fetch('${path}').then(answer => answer.json()).then(({ comparisons }) => comparisons.find(one => one.entry.includes(':id')).id)`,
  );
  return `#/comparisons/${id}`;
}

const pictures = [
  { name: 'dashboard-overview.png', place: '#/', scheme: 'light', width: 1280 },
  { name: 'dashboard-route.png', place: '#/routes/orders-read', scheme: 'light', width: 1280 },
  { name: 'dashboard-comparison.png', place: comparisonOn, scheme: 'dark', width: 1280 },
  { name: 'dashboard-moves.png', place: '#/moves', scheme: 'dark', width: 1280 },
  { name: 'dashboard-phone.png', place: '#/', scheme: 'dark', width: 360 },
] as const;

/** Tallest picture, in pixels: what is below is on the page. */
const tallest = 1900;

/** Logs in where the running migration is, and takes the pictures of docs/dashboard.md. */
export async function takePictures(adminUrl: string): Promise<void> {
  await using browser = await openBrowser();
  for (const { name, place, scheme, width } of pictures) {
    const { page, context } = await browser.open({ width, height: 900, scheme });
    await page.goto(adminUrl);
    await page.getByLabel('Token').fill(tokenOf('alice'));
    await page.keyboard.press('Enter');
    await page.locator('.connection.live').waitFor();
    const hash = typeof place === 'string' ? place : await place(page);
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page
      .locator(hash === '#/' ? '.chart canvas' : 'main table')
      .first()
      .waitFor();
    const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
    await page.setViewportSize({ width, height: Math.min(tallest, height) });
    await page.evaluate('document.fonts.ready');
    await page.screenshot({ path: join(folder, name) });
    await context.close();
  }
}
