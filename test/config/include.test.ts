import { describe, expect, it } from 'vitest';
import { keptFiles } from '../../gateway/config/files.ts';
import { loadConfig } from '../../gateway/schema.ts';
import { errorsOf, linesOf, loadTexts } from '../kit/config.ts';
import { openFolder } from '../kit/files.ts';

const main = `monolith: legacy
include: ["teams/*.yaml"]
upstreams:
  legacy: { url: http://127.0.0.1:4000 }
routes:
  home: { match: [GET /], service: shop, stage: legacy, owner: team-web }
`;
const shop = `owner: team-shop
upstreams:
  shop: { url: http://127.0.0.1:4100 }
routes:
  carts:
    match: [GET /carts]
    service: shop
    stage: legacy
  bills: { match: [GET /bills], service: shop, stage: legacy, owner: team-money }
`;

describe('include', () => {
  it('adds routes and upstreams of other files; their routes get the owner of the file', async () => {
    const { config, problems } = await loadTexts({ 'routes.yaml': main, 'teams/shop.yaml': shop });
    expect(problems).toEqual([]);
    expect(Object.keys(config?.upstreams ?? {})).toEqual(['legacy', 'shop']);
    const owners = Object.entries(config?.routes ?? {}).map(([name, route]) => [name, route.owner]);
    expect(owners).toEqual([
      ['home', 'team-web'],
      ['carts', 'team-shop'],
      ['bills', 'team-money'],
    ]);
  });

  it('points into the included file, from shape and from checks', async () => {
    const texts = {
      'routes.yaml': main,
      'teams/shop.yaml': shop
        .replace('stage: legacy\n', 'stage: legacy\n    percent: 101\n')
        .replace('GET /bills], service: shop', 'GET /bills], service: shp'),
    };
    expect(errorsOf(await loadTexts(texts))).toEqual([
      '[bad-value] teams/shop.yaml:9:14 error routes.carts.percent: expected 0 to 100, got 101',
      '[unknown-upstream] teams/shop.yaml:10:42 error routes.bills.service: expected the name of an upstream, got shp, did you mean shop?',
    ]);
  });

  it('names both places of a name that is taken', async () => {
    const texts = { 'routes.yaml': main, 'teams/shop.yaml': shop.replace('  bills:', '  home:') };
    expect(errorsOf(await loadTexts(texts))).toEqual([
      '[name-taken] teams/shop.yaml:9:3 error routes.home: the name home is taken already at routes.yaml:6:3',
    ]);
  });

  it('asks every file for an owner, and for nothing but routes, cohorts and upstreams', async () => {
    const texts = {
      'routes.yaml': main,
      'teams/shop.yaml': shop.replace('owner: team-shop', 'monolith: shop'),
    };
    expect(errorsOf(await loadTexts(texts))).toEqual([
      '[missing] teams/shop.yaml:1:1 error owner: expected the team that owns what stands here, got nothing',
      '[unknown-key] teams/shop.yaml:1:1 error monolith: unknown key',
    ]);
  });

  it('warns of a pattern that finds nothing, and refuses a file that is not there', async () => {
    const lonely = main.replace('teams/*.yaml', 'none/*.yaml", "teams/shop.yaml');
    expect(linesOf(await loadTexts({ 'routes.yaml': lonely }))).toEqual([
      '[include-empty] routes.yaml:2:11 warning include[0]: no file is named none/*.yaml',
      '[unreadable-file] routes.yaml:2:26 error include[1]: cannot read teams/shop.yaml: there is no such file',
    ]);
  });

  it('watches what a pattern finds, and the folder where more may appear', async () => {
    await using folder = await openFolder({ 'routes.yaml': main, 'teams/shop.yaml': shop });
    const { config, files } = await loadConfig(folder.at('routes.yaml'), {});
    expect(config).toBeDefined();
    expect(new Set(files)).toEqual(
      new Set([folder.at('routes.yaml'), folder.at('teams'), folder.at('teams/shop.yaml')]),
    );
  });

  it('finds a last good config in what was kept of it', async () => {
    const loaded = await loadTexts({ 'routes.yaml': main, 'teams/shop.yaml': shop });
    const again = await loadConfig('routes.yaml', {}, keptFiles(loaded.sources));
    expect(again.config).toEqual(loaded.config);
    expect(again.hash).toBe(loaded.hash);
  });
});
