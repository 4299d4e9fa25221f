import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedBrowser, openBrowser } from '../../kit/browser.ts';
import { answerWithEvidence } from '../../kit/evidence-answers.ts';
import { migrationYaml, openMigration, sendTraffic } from '../../kit/migration.ts';
import { isMissing } from '../../kit/services.ts';
import { openWorld } from '../../kit/world.ts';

const places = [
  '#/',
  '#/routes/invoices',
  '#/routes/invoices/comparisons',
  '#/comparisons/c1',
  '#/unclaimed',
  '#/moves',
  '#/guards',
  '#/upstreams',
];

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const tokens = `admin:
  listen: 127.0.0.1:0
  tokens:
    - { id: vera, role: viewer, sha256: "${hashOf('secret-of-vera')}" }
    - { id: olga, role: operator, sha256: "${hashOf('secret-of-olga')}", routes: [orders-*] }
    - { id: adam, role: admin, sha256: "${hashOf('secret-of-adam')}" }
`;

describe.skipIf(isMissing('chromium'))('what the dashboard shows', { timeout: 90_000 }, () => {
  let browser: OpenedBrowser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  async function show(page: Page, url: string) {
    // Another hash alone would be another page of the same document, with what it shows still there.
    await page.goto('about:blank');
    await page.goto(url);
    await page.locator('main h1').first().waitFor({ state: 'attached' });
    await page.locator('.connection').waitFor();
  }

  it('is text, whatever strangers and people have written: nothing of it runs', async () => {
    const planted = '<img src=x onerror="document.title=\'run\';alert(1)"><script>alert(2)</script>';
    const yaml = migrationYaml
      .replace('owner: team-billing', `owner: ${JSON.stringify(planted)}`)
      .replace('revision: build-412', `revision: ${JSON.stringify(planted)}`);
    await using world = await openMigration(yaml);
    await sendTraffic(world.url);
    await fetch(`${world.url}/${encodeURIComponent(planted)}`, { headers: { 'user-agent': planted } });
    await fetch(`${world.adminUrl}/api/routes/invoices/hold`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: planted }),
    });
    // And a config that is refused with it in its problem.
    await world.edit(yaml.replace('percent: 25', `percent: ${JSON.stringify(planted)}`));
    const { page, context, faults } = await browser.open();
    await answerWithEvidence(page, planted);
    for (const place of places) {
      await show(page, `${world.adminUrl}/${place}`);
      await page.getByText('<img src=x').first().waitFor({ state: 'attached' });
      expect([place, await page.locator('img, script:not([src]), iframe').count()]).toEqual([place, 0]);
      expect(await page.title()).toContain('Figway');
      const boxes = page.getByRole('checkbox', { name: 'show equal lines too' });
      for (const box of await boxes.all()) await box.check();
    }
    await page.goto(`${world.adminUrl}/#/routes/${encodeURIComponent(planted)}`);
    await page.getByRole('alert').first().waitFor();
    expect(await page.locator('img').count()).toBe(0);
    await context.close();
    expect(faults).toEqual([]);
  });

  it('may not become markup at all: the browser itself refuses', async () => {
    await using world = await openMigration();
    const { page, context } = await browser.open();
    await show(page, world.adminUrl);
    for (const script of [
      "document.body.innerHTML = '<b>x</b>'",
      "document.body.append(Object.assign(document.createElement('script'), { text: '1' }))",
    ])
      await expect(page.evaluate(`(() => { ${script} })()`)).rejects.toThrow(/TrustedHTML|TrustedScript/);
    await context.close();
  });

  it.each([360, 1280])(
    'fits %i pixels without sideways scrolling, everything has a name, and the policy is kept',
    async width => {
      await using world = await openMigration();
      await sendTraffic(world.url);
      const { page, context, faults } = await browser.open({ width, height: 740, scheme: 'dark' });
      await answerWithEvidence(page);
      for (const place of places) {
        await show(page, `${world.adminUrl}/${place}`);
        const over = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect([place, over]).toEqual([place, 0]);
        expect([place, await namelessOn(page)]).toEqual([place, []]);
        expect([place, await page.locator('h1').count()]).toEqual([place, 1]);
      }
      await show(page, `${world.adminUrl}/#/routes/orders-read`);
      for (const name of ['Promote …', 'Roll back …', 'Hold …']) {
        await page.getByRole('button', { name }).click();
        await page.getByRole('dialog').waitFor();
        expect(await namelessOn(page)).toEqual([]);
        const dialog = await page.getByRole('dialog').boundingBox();
        expect((dialog?.x ?? -1) >= 0 && (dialog?.x ?? 0) + (dialog?.width ?? 0) <= width).toBe(true);
        await page.keyboard.press('Escape');
      }
      await context.close();
      expect(faults).toEqual([]);
    },
  );

  it('says how both answers differ, place by place, with every digit of a number', async () => {
    const body = (line: string, total: string, odd: number, more: string): string =>
      `{"id":10765432100123456789,"customer":{"name":"Ada","city":"London"},"lines":[{"sku":"FIG-1","sum":12.40},{"sku":"FIG-2","sum":${line}}],"total":${total},"currency":"EUR","odd key":${odd},${more}}`;
    const answering =
      (text: string): RequestListener =>
      (_, res) => {
        res.setHeader('content-type', 'application/json');
        res.end(text);
      };
    const yaml = `
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}" }
routes:
  invoices:
    match: [GET /invoices/:id]
    service: orders
    stage: shadow
    compare: { keep: values, ignore: [{ path: $.printedAt, reason: "clock" }] }
`;
    await using world = await openWorld(yaml, {
      legacy: answering(body('7.00', '19.40', 1, '"printedAt":"2026-11-26T05:00:00Z"')),
      orders: answering(body('7.01', '19.41', 2, '"printedAt":"2026-11-26T05:00:01Z","vat":3.1')),
    });
    await (await fetch(`${world.url}/invoices/17`)).text();
    const kept = async () => {
      const answer = await fetch(`${world.adminUrl}/api/routes/invoices/comparisons`);
      return ((await answer.json()) as { comparisons: unknown[] }).comparisons.length;
    };
    await expect.poll(kept).toBe(1);
    const { page, context } = await browser.open();
    await show(page, `${world.adminUrl}/#/routes/invoices`);
    await page.getByRole('link', { name: 'Open comparisons with $.total value' }).click();
    await page.getByRole('table', { name: 'Comparisons' }).getByRole('link').click();
    const bodies = page.getByRole('table', { name: 'Bodies side by side' });
    await bodies.waitFor();
    const marked = (await bodies.locator('mark').allTextContents()).map(text =>
      text.replace(' (differs)', ''),
    );
    expect(marked).toEqual([
      ...['"sum": 7', '"sum": 7.01', '"total": 19.4', '"total": 19.41'],
      ...['"odd key": 1', '"odd key": 2', '"vat": 3.1'],
    ]);
    // Unequal without a difference that was found: a rule covers it, and it is not marked as one.
    expect(await bodies.locator('.varies').allTextContents()).toEqual([expect.stringContaining('printedAt')]);
    expect(await bodies.getByText('10765432100123456789').count()).toBe(0);
    await page.getByRole('checkbox', { name: 'show equal lines too' }).check();
    expect(await bodies.getByText('"id": 10765432100123456789').count()).toBe(2);
    await context.close();
  });

  it('shows numbers as they were kept, not as a script would round them', async () => {
    await using world = await openMigration();
    const { page, context } = await browser.open();
    await show(page, world.adminUrl);
    const rows = await page.evaluate(
      `import('/dashboard/side-rows.js').then(({ bodyRows }) => bodyRows('{"a":7.00,"b":1e400}', '{"a":7.00,"b":1e401}', []))`,
    );
    const texts = (rows as { legacy?: string }[]).map(({ legacy }) => legacy);
    expect(texts).toEqual(expect.arrayContaining(['"a": 7.00', '"b": 1e400']));
    await context.close();
  });

  it('tells of a hold before all that goes on by itself, its end as people do, the exact one in a title', async () => {
    await using world = await openMigration();
    await sendTraffic(world.url);
    await fetch(`${world.adminUrl}/api/routes/invoices/hold`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'wrong totals', for: '2h' }),
    });
    const status = await fetch(`${world.adminUrl}/api/routes/invoices`);
    const { until } = ((await status.json()) as { hold: { until: string } }).hold;
    for (const isScriptOff of [false, true]) {
      const { page, context } = await browser.open({ isScriptOff });
      await page.goto(world.adminUrl);
      const items = page.getByRole('listitem').filter({ hasText: /: |is held/ });
      await items.filter({ hasText: 'orders-read: ' }).waitFor();
      const item = items.first();
      const text = (await item.textContent()) ?? '';
      expect(text).toMatch(
        isScriptOff ? /ends \d{1,2} \w{3} 20\d\d, \d\d:\d\d UTC/ : /ends in [12] h \d+ min/,
      );
      expect(text).not.toContain(until);
      expect(await item.locator('time').getAttribute('datetime')).toBe(until);
      expect(await item.locator('time').getAttribute('title')).toMatch(
        isScriptOff ? until : /\d\d:\d\d:\d\d/,
      );
      await context.close();
    }
  });

  it('says what to do first where there is nothing yet, and where an address leads nowhere', async () => {
    await using world = await openWorld(
      'monolith: legacy\nupstreams:\n  legacy: { url: "${legacy}" }\nroutes: {}\n',
      {
        legacy: (_, res) => void res.end(),
      },
    );
    const { page, context } = await browser.open();
    await show(page, world.adminUrl);
    await page.getByText('No request has come yet').waitFor();
    await page.getByText('no route yet').getByRole('link', { name: 'The unclaimed surface' }).click();
    await page.getByText('None seen').waitFor();
    await show(page, `${world.adminUrl}/#/routes/nope`);
    await page.getByRole('alert').getByText('there is no route "nope"').waitFor();
    await page.getByRole('link', { name: 'the overview' }).click();
    await page.getByRole('heading', { name: 'Routes' }).waitFor();
    await context.close();
  });

  it('lists the routes whose evidence is together, with their next step', async () => {
    await using world = await openMigration();
    const { page, context } = await browser.open();
    await answerWithEvidence(page);
    await show(page, world.adminUrl);
    const ready = page.getByRole('region', { name: 'Ready to move on (1)' }).getByRole('listitem');
    expect(await ready.allTextContents()).toEqual([
      expect.stringContaining('orders-read: the verdict is ready at 10 %; next is more clients, or migrated'),
    ]);
    await context.close();
  });

  it('lays texts beside each other line by line', async () => {
    await using world = await openMigration();
    const { page, context } = await browser.open();
    await show(page, world.adminUrl);
    const rows = await page.evaluate(
      `import('/dashboard/side-rows.js').then(({ bodyRows }) => bodyRows('a\\nb\\nc\\n', 'a\\nc\\nd\\n', []))`,
    );
    const plain = (rows as { legacy?: string; service?: string; mark: string }[]).map(
      ({ legacy, service, mark }) => [legacy, service, mark],
    );
    expect(plain).toEqual([
      ['a', 'a', 'same'],
      ['b', undefined, 'differs'],
      ['c', 'c', 'same'],
      [undefined, 'd', 'differs'],
      ['', '', 'same'],
    ]);
    await context.close();
  });

  it('draws progress where the gateway keeps it, and says it in words and in a table', async () => {
    await using world = await openMigration();
    const { page, context } = await browser.open();
    await answerWithEvidence(page);
    await show(page, world.adminUrl);
    const chart = page.getByRole('img', {
      name: /Share of the traffic that services serve: from .* % to .* %/,
    });
    await chart.locator('canvas').waitFor();
    await page.getByText('The figures as a table').click();
    expect(await page.getByRole('table', { name: 'Progress' }).getByRole('row').count()).toBeGreaterThan(20);
    await context.close();
  });

  it('is a summary where scripts are off', async () => {
    await using world = await openMigration();
    await sendTraffic(world.url);
    const { page, context } = await browser.open({ isScriptOff: true });
    await page.goto(world.adminUrl);
    expect(await page.locator('main').textContent()).toContain('orders-read');
    expect(await page.locator('main').textContent()).toContain('fell back to legacy');
    await context.close();
  });

  describe('with tokens', () => {
    async function logIn(page: Page, url: string, secret: string) {
      await page.goto(url);
      await page.getByLabel('Token').fill(secret);
      await page.keyboard.press('Enter');
    }

    it('is nothing before the login, refuses a wrong token in words, and is locked again after the logout', async () => {
      await using world = await openMigration(`${tokens}${migrationYaml}`);
      const { page, context, faults } = await browser.open();
      await logIn(page, world.adminUrl, 'a-guess');
      await page.getByRole('alert').getByText('not known').waitFor();
      expect(await page.content()).not.toContain('orders-read');
      await page.getByLabel('Token').fill('secret-of-adam');
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'orders-read' }).waitFor();
      await page.getByText('adam · admin').waitFor();
      expect(
        await page.evaluate('document.cookie + JSON.stringify([{ ...localStorage }, { ...sessionStorage }])'),
      ).toBe('[{},{}]');
      await page.reload();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByLabel('Token').waitFor();
      await page.reload();
      await page.getByLabel('Token').waitFor();
      await context.close();
      expect(faults).toEqual([]);
    });

    it('offers nobody what they may not do', async () => {
      await using world = await openMigration(`${tokens}${migrationYaml}`);
      const offered: Record<string, string[]> = {};
      for (const who of ['vera', 'olga', 'adam']) {
        const { page, context } = await browser.open();
        await logIn(page, world.adminUrl, `secret-of-${who}`);
        for (const [place, heading] of [
          ['#/', 'Routes'],
          ['#/routes/orders-read', 'orders-read'],
          ['#/routes/profile', 'profile'],
        ] as const) {
          await page.evaluate(`location.hash = '${place}'`);
          await page
            .getByRole('heading', { name: new RegExp(`^${heading}`) })
            .first()
            .waitFor();
          offered[`${who} ${place}`] = await page.locator('main .buttons button').allTextContents();
        }
        await context.close();
      }
      const all = ['Promote …', 'Roll back …', 'Hold …'];
      expect(offered).toEqual({
        'vera #/': [],
        'vera #/routes/orders-read': [],
        'vera #/routes/profile': [],
        'olga #/': [],
        'olga #/routes/orders-read': all,
        'olga #/routes/profile': [],
        'adam #/': ['Read the file again', 'Hold all routes …'],
        'adam #/routes/orders-read': all,
        'adam #/routes/profile': all,
      });
    });

    it('acts under the name of the token', async () => {
      await using world = await openMigration(`${tokens}${migrationYaml}`);
      const { page, context } = await browser.open();
      await logIn(page, `${world.adminUrl}/#/routes/orders-read`, 'secret-of-olga');
      await page.getByRole('button', { name: 'Hold …' }).click();
      await page.getByLabel('Reason').fill('wrong totals');
      await page.keyboard.press('Enter');
      await page.locator('main').getByText('Held by olga:').waitFor();
      await context.close();
    });
  });
});

/** Controls, tables, pictures and fields that nobody can call by a name, and ids that are there twice. */
const namelessOn = (page: Page): Promise<unknown> =>
  page.evaluate(`(() => {
    const nameOf = element => (element.getAttribute('aria-label') ?? '').trim() || element.textContent.trim() ||
      [...(element.labels ?? [])].map(label => label.textContent.trim()).join('') || element.getAttribute('title') || '';
    const nameless = [...document.querySelectorAll('a, button, input, select, textarea, [role=img], [role=region]')].filter(element => nameOf(element) === '');
    const untitled = [...document.querySelectorAll('main table, nav')].filter(element => !element.closest('.chart') && !element.getAttribute('aria-label'));
    const headless = [...document.querySelectorAll('dialog, section')].filter(element => !document.getElementById(element.getAttribute('aria-labelledby') ?? ''));
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    return [...nameless, ...untitled, ...headless].map(element => element.outerHTML.slice(0, 120)).concat(ids.filter((id, at) => ids.indexOf(id) !== at));
  })()`);
