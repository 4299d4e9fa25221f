import { describe, expect, it } from 'vitest';
import { toLine } from '../../gateway/cli/progress-line.ts';
import { openFolder, openStubAdmin } from '../kit/command-line.ts';
import { openWorld } from '../kit/world.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const routesByStage = { legacy: 0, shadow: 0, canary: 0, migrated: 0, done: 0 };
const point = (at: string, byService: number) => ({
  ...{ at, ms: 300_000, requests: 100, byService, unclaimed: 0, routesByStage },
});
const today = { serviceShare: 0.412, routesDone: 3, routes: 12 };

describe('the last line of figway status', () => {
  it('holds the last day against the same day a week ago', () => {
    const samples = [
      point('2026-11-19T06:00:00Z', 10),
      point('2026-11-19T06:05:00Z', 14),
      point('2026-11-26T06:00:00Z', 90),
    ];
    expect(toLine({ today, samples, isPartial: false }, now)).toBe(
      'last 24 hours: services served 41.2 % (a week ago 12 %); 3 of 12 routes are migrated or done',
    );
  });

  it('says what it does not know', () => {
    expect(toLine({ today, samples: [], isPartial: true }, now)).toBe(
      'last 24 hours: services served 41.2 %, as far as is known while the store is away; 3 of 12 routes are migrated or done',
    );
  });

  it('comes from the running gateway', async () => {
    const yaml = `monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, pages: { url: "\${pages}" } }
routes:
  home: { match: [GET /], service: pages, stage: migrated }
`;
    await using world = await openWorld(yaml, {
      legacy: (_, res) => void res.end(),
      pages: (_, res) => void res.end(),
    });
    for (const path of ['/', '/x']) await (await fetch(world.url + path)).text();
    await using folder = await openFolder();
    const { code, stdout } = await folder.figway(['status', '--admin', world.adminUrl]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nlast 24 hours: services served 50 %; 1 of 1 routes are migrated or done\n$/);
  });

  it('is not missed where a gateway does not tell', async () => {
    const status = { attention: [], routes: [], unclaimed: {}, observed: [] };
    await using admin = await openStubAdmin(({ url }) =>
      url.startsWith('/api/progress')
        ? [404, { code: 'not-found', status: 404, title: 'Not found' }]
        : [200, status],
    );
    await using folder = await openFolder();
    const { stdout } = await folder.figway(['status', '--json', '--admin', admin.url]);
    expect(JSON.parse(stdout)).toEqual(status);
  });
});
