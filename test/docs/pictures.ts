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

/** `shows`: what is there once the page is. */
const pictures = [
  { name: 'overview', place: '#/', shows: '.chart canvas', scheme: 'light', width: 1280 },
  { name: 'route', place: '#/routes/orders-read', shows: '.findings', scheme: 'light', width: 1280 },
  { name: 'comparison', place: comparisonOn, shows: '.sides mark', scheme: 'dark', width: 1280 },
  { name: 'moves', place: '#/moves', shows: 'td.move', scheme: 'dark', width: 1280 },
  { name: 'phone', place: '#/', shows: '.chart canvas', scheme: 'dark', width: 360 },
] as const;

/** Tallest picture, in pixels: what is below is on the page. */
const tallest = 1900;

/** Logs in where the running migration is, and takes the pictures of docs/dashboard.md. */
export async function takePictures(adminUrl: string): Promise<void> {
  await using browser = await openBrowser();
  for (const { name, place, shows, scheme, width } of pictures) {
    const { page, context } = await browser.open({ width, height: 900, scheme });
    await page.goto(adminUrl);
    await page.getByLabel('Token').fill(tokenOf('alice'));
    await page.keyboard.press('Enter');
    await page.locator('.connection.live').waitFor();
    const hash = typeof place === 'string' ? place : await place(page);
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.locator(shows).first().waitFor();
    const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
    await page.setViewportSize({ width, height: Math.min(tallest, height) });
    await page.evaluate('document.fonts.ready');
    await page.screenshot({ path: join(folder, `dashboard-${name}.png`) });
    await context.close();
  }
}
