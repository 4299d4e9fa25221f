import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { told } from '../../../gateway/admin/event-stream.ts';
import { goodConfig, makeToken, openAdminApp } from '../../kit/admin.ts';

const web = join(import.meta.dirname, '../../../gateway/admin/dashboard/web');
const files = readdirSync(web);
const viewer = makeToken('vera', 'viewer');
const withTokens = { settings: () => ({ tokens: [viewer.entry], hosts: [] }) };

describe('the page', () => {
  it('listens to all that the stream tells of', async () => {
    const page = (await import(join(web, 'live.js'))) as { readonly told: readonly string[] };
    expect([...page.told].sort()).toEqual([...told, 'comparisons-counted'].sort());
  });

  it('shows the status without script, under a policy that lets nothing inline run', async () => {
    using opened = openAdminApp({
      config: () => ({
        ...goodConfig,
        lastReload: { at: 0, isGood: false, problems: ['<img src=x onerror=alert(1)>'] },
      }),
    });
    const { headers, text } = await request(opened.app).get('/').expect(200);
    const policy = headers['content-security-policy'];
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(text).toContain('orders-read');
    expect(text).toContain('canary 10 %');
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(text).not.toMatch(/<script(?! type="module" src=)|<img|<style|style=|http:\/\//);
  });

  it('holds no data until a token is shown', async () => {
    using opened = openAdminApp(withTokens);
    const stranger = await request(opened.app).get('/').expect(200);
    expect(stranger.text).not.toMatch(/orders|a1b2c3|routes\.yaml|build-7/);
    const known = await request(opened.app).get('/').set('authorization', viewer.header).expect(200);
    expect(known.text).toContain('orders-read');
    await request(opened.app).get('/').set('authorization', 'Bearer guessed').expect(401);
  });

  it('is not shown under a foreign host name', async () => {
    using opened = openAdminApp(withTokens);
    await request(opened.app).get('/').set('host', 'evil.example.com').expect(403);
    await request(opened.app).get('/dashboard/main.js').set('host', 'evil.example.com').expect(403);
  });
});

describe('the files of the page', () => {
  it.each([...files, 'uplot.js', 'uplot.css'])(
    '%s is served with its type, and not again while it is the same',
    async name => {
      using opened = openAdminApp(withTokens);
      const { headers } = await request(opened.app).get(`/dashboard/${name}`).expect(200);
      const type = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }[
        name.split('.').at(-1) ?? ''
      ];
      expect(headers['content-type']).toContain(type);
      expect(headers['cache-control']).toBe(
        name.startsWith('uplot') ? 'private, max-age=86400' : 'private, no-cache',
      );
      await request(opened.app)
        .get(`/dashboard/${name}`)
        .set('if-none-match', headers.etag ?? '')
        .expect(304);
      await request(opened.app).head(`/dashboard/${name}`).expect(200);
    },
  );

  it.each([
    'nothing.js',
    '..%2Fpage.ts',
    '%2e%2e%2fassets.ts',
    'main.ts',
    'main',
    '.js',
    'a..b.js',
    'x/main.js',
  ])('there is no %s', async name => {
    using opened = openAdminApp();
    await request(opened.app).get(`/dashboard/${name}`).expect(404);
  });

  it('take nothing from elsewhere, and make no markup of strings', () => {
    for (const name of files) {
      const text = readFileSync(join(web, name), 'utf8').replace('http://www.w3.org/2000/svg', '');
      expect([
        name,
        /https?:\/\/|innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|@import/.exec(text),
      ]).toEqual([name, null]);
      for (const [, what = ''] of text.matchAll(/^import .* from '([^']+)';$/gm)) {
        expect(what).toMatch(/^\.\//);
        if (what !== './uplot.js') expect(files).toContain(what.slice(2));
      }
    }
  });
});
