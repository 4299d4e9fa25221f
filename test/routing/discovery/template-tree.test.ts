import { describe, expect, it } from 'vitest';
import type { Sighting } from '../../../gateway/routing/discovery/facts.ts';
import { literalOf } from '../../../gateway/routing/discovery/segment.ts';
import { TemplateTree } from '../../../gateway/routing/discovery/template-tree.ts';
import { isMalformed, parsePattern } from '../../../gateway/routing/pattern.ts';
import { templatesKept } from '../../../gateway/routing/progress.ts';

const seen = (path: string, more: Partial<Sighting> = {}): Sighting => ({
  ...{ method: 'GET', path, status: 200, ms: 10, client: '10.0.0.1', at: 1000, setsCookie: false, weight: 1 },
  ...more,
});

function treeOf(paths: Iterable<string>): TemplateTree {
  const tree = new TemplateTree();
  for (const path of paths) tree.see(seen(path));
  return tree;
}

const templatesOf = (tree: TemplateTree): string[] =>
  tree
    .list()
    .map(({ template }) => template)
    .toSorted();
const numbered = (count: number, path: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => path(at));

/** `aa`, `ab`, …: words without a digit. */
const wordOf = (at: number): string =>
  String.fromCharCode(97 + Math.floor(at / 676), 97 + (Math.floor(at / 26) % 26), 97 + (at % 26));

describe('a segment', () => {
  it.each([
    ...['42', '2026-11-26', '12.50', '4711.jpg', '2026_11'],
    ...['9f1b2c3d-0000-4000-8000-0123456789ab', 'DEADBEEF01', 'app.3f9ac2d1.css', 'A10042', 'order-42'],
    ...['eyJhbGciOiJIUzI1NiJ9', 'Zm9vYmFyYmF6cXV4cXV1eA', 'a@example.com', 'a%40example.com', 'id=4', 'a*b'],
    ...['%2e%2e', 'x'.repeat(41), 'a%20b', '100%', ':id', 'a%2Fb'],
  ])('%s is a value', segment => {
    expect(literalOf(segment)).toBeUndefined();
  });

  it.each([
    ['orders', 'orders'],
    ['v1', 'v1'],
    ['oauth2', 'oauth2'],
    ['line-items', 'line-items'],
    ['index.html', 'index.html'],
    ['.well-known', '.well-known'],
    ['%C3%BCber', 'über'],
    ['cart;jsessionid=9F1B2C3D', 'cart'],
    ['', ''],
  ])('%s is the word %s', (segment, word) => {
    expect(literalOf(segment)).toBe(word);
  });
});

describe('templates', () => {
  it('have a name for each value, after the word before it', () => {
    const tree = treeOf(['/', '/orders/', '/orders/1', '/orders/2/lines/7', '/order-addresses/1/boxes/2/3']);
    expect(templatesOf(tree)).toEqual([
      '/',
      '/order-addresses/:id/boxes/:boxId/:id2',
      '/orders/',
      '/orders/:id',
      '/orders/:id/lines/:lineId',
    ]);
  });

  it('take words for values where there are too many at one place', () => {
    const tree = treeOf([
      ...numbered(30, () => '/shop/search'),
      ...numbered(39, at => `/shop/${wordOf(at)}/reviews`),
    ]);
    expect(templatesOf(tree)).toHaveLength(40);
    for (const path of ['/shop/late/reviews', '/shop/later', '/shop/latest/reviews']) tree.see(seen(path));
    expect(templatesOf(tree)).toEqual(['/shop/:id', '/shop/:id/reviews', '/shop/search']);
    expect(tree.list().find(({ template }) => template === '/shop/:id/reviews')?.facts.all.requests).toBe(41);
  });

  it('tell what was asked of each', () => {
    const tree = new TemplateTree();
    for (let at = 0; at < 100; at += 1)
      tree.see(
        seen(`/orders/${at}`, {
          method: at < 10 ? 'DELETE' : 'GET',
          status: at % 20 === 0 ? 503 : 200,
          ms: at < 90 ? 10 : 400,
          client: `10.0.0.${at % 25}`,
          at: 1000 + at,
          setsCookie: at < 12,
        }),
      );
    const [record] = tree.takeUnsaved();
    expect(record).toEqual({
      template: '/orders/:id',
      methods: { DELETE: 10, GET: 90 },
      ...{ requests: 100, errors: 5, cookieGets: 2, clients: 25, firstSeen: 1000, lastSeen: 1099 },
      p95: expect.closeTo(400, -2),
    });
    expect(tree.takeUnsaved()).toEqual([]);
  });

  it('count many clients within a few percent', () => {
    const tree = new TemplateTree();
    for (let at = 0; at < 20_000; at += 1) tree.see(seen('/', { client: `10.0.${at >> 8}.${at & 255}` }));
    const clients = tree.takeUnsaved()[0]?.clients ?? 0;
    expect(Math.abs(clients - 20_000) / 20_000).toBeLessThan(0.1);
  });

  it('come of no path where there is nothing', () => {
    const tree = treeOf(['/orders/1']);
    for (const status of [400, 404, 405, 410, 0]) tree.see(seen('/wp-login.php', { status }));
    tree.see(seen('/orders/999', { status: 404 }));
    expect(templatesOf(tree)).toEqual(['/orders/:id']);
    expect(tree.missing).toBe(5);
    expect(tree.list()[0]?.facts.all.requests).toBe(2);
  });

  it('are as they were after a restart, and only what is new is saved', () => {
    const tree = treeOf(['/', '/orders/1', '/orders/2/lines/7', `/${'a/'.repeat(40)}`]);
    const saved = tree.takeUnsaved();
    const next = new TemplateTree();
    for (const record of saved) next.load(record);
    expect(templatesOf(next)).toEqual(templatesOf(tree));
    expect(next.takeUnsaved()).toEqual([]);
    next.see(seen('/orders/3', { at: 5000, client: '10.0.0.2' }));
    expect(next.takeUnsaved()).toEqual([
      expect.objectContaining({ template: '/orders/:id', requests: 1, firstSeen: 1000, lastSeen: 5000 }),
    ]);
    const facts = next.list().find(({ template }) => template === '/orders/:id')?.facts;
    expect(facts?.toRecord('')).toMatchObject({ requests: 2, clients: 1 });
  });

  it('keep a word that many ask for, also after a restart', () => {
    const tree = treeOf([
      ...numbered(30, () => '/shop/search'),
      ...numbered(39, at => `/shop/${wordOf(at)}`),
    ]);
    const next = new TemplateTree();
    for (const record of tree.takeUnsaved()) next.load(record);
    next.see(seen('/shop/later'));
    expect(templatesOf(next)).toEqual(['/shop/:id', '/shop/search']);
  });

  it('are patterns, few, short and not deep, whatever is asked', () => {
    const tree = new TemplateTree();
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const letters = 'abcdefghij-_.~!$&\'()*+,;=:@%4F0"<>{}|^`ABC';
    const segment = (): string =>
      Array.from({ length: random(12) + 1 }, () => letters[random(letters.length)]).join('');
    for (let at = 0; at < 30_000; at += 1)
      tree.see(
        seen(`/${Array.from({ length: random(at % 500 === 0 ? 200 : 6) + 1 }, segment).join('/')}`, { at }),
      );
    const templates = templatesOf(tree);
    expect(templates.length).toBeGreaterThan(20);
    expect(templates.length).toBeLessThanOrEqual(templatesKept);
    for (const template of templates) {
      expect(isMalformed(parsePattern(template)) ? template : '').toBe('');
      expect(template.length).toBeLessThanOrEqual(512);
      expect(template.split('/').length).toBeLessThanOrEqual(34);
    }
    expect(new Set(templates).size).toBe(templates.length);
  });

  it('forget those seen longest ago where there are too many', () => {
    const tree = new TemplateTree();
    for (let at = 0; at < 6000; at += 1)
      tree.see(seen(`/${wordOf(at % 150)}/${wordOf(Math.floor(at / 150))}`, { at: at + 1 }));
    const ages = tree.list().map(({ facts }) => facts.lastSeen);
    expect(ages.length).toBeGreaterThan(4000);
    expect(ages.length).toBeLessThanOrEqual(templatesKept);
    expect(Math.min(...ages)).toBeGreaterThan(400);
  });
});
