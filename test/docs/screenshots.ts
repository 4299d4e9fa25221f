/** Takes the pictures of docs/dashboard.md anew: `npx node test/docs/screenshots.ts`. Needs Chromium. */
import { join } from 'node:path';
import { openBrowser } from '../kit/browser.ts';
import { answerWithEvidence } from '../kit/evidence-answers.ts';
import { openMigration, sendTraffic } from '../kit/migration.ts';

const folder = join(import.meta.dirname, '../../docs/images');

const pictures = [
  { name: 'dashboard-overview.png', place: '#/', scheme: 'light', height: 1400 },
  { name: 'dashboard-comparison.png', place: '#/comparisons/c1', scheme: 'dark', height: 1130 },
] as const;

await using world = await openMigration();
await sendTraffic(world.url);
await fetch(`${world.adminUrl}/api/routes/invoices/hold`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ reason: 'wrong totals', for: '2h' }),
});
await using browser = await openBrowser();
for (const { name, place, scheme, height } of pictures) {
  const { page } = await browser.open({ width: 1100, height, scheme });
  await answerWithEvidence(page);
  await page.goto(`${world.adminUrl}/${place}`);
  await page.locator('.connection.live').waitFor();
  await page.locator('section').first().waitFor();
  await page.screenshot({ path: join(folder, name) });
}
