import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, get, openEdge } from '../kit/edge.ts';

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge(`
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  old: { match: [GET /old], service: orders, stage: legacy }
  watched: { match: [GET /watched], service: orders, stage: shadow }
  split: { match: [GET /split], service: orders, stage: canary, percent: 100, by: [ip] }
  lines: { match: [/lines/:id], service: orders, stage: migrated, data: synced }
  gone: { match: [/gone], service: orders, stage: done, data: service }
`);
});
afterAll(() => edge[Symbol.asyncDispose]());

describe('a preflight', () => {
  const preflight = (target: string, method: string): string =>
    get(target, 'Origin: https://shop.example.com', `Access-Control-Request-Method: ${method}`).replace(
      'GET',
      'OPTIONS',
    );
  const explained = async (
    target: string,
  ): Promise<{ route: string; decision: { serve: string; shadow?: string } }> =>
    (
      await fetch(
        `${edge.adminUrl}/api/explain?${new URLSearchParams([
          ['method', 'OPTIONS'],
          ['path', target],
          ['header', 'Origin: https://shop.example.com'],
          ['header', 'Access-Control-Request-Method: GET'],
        ])}`,
      )
    ).json() as Promise<{ route: string; decision: { serve: string; shadow?: string } }>;

  it.each([
    ['/old', 'old', 'legacy'],
    ['/watched', 'watched', 'legacy'],
    ['/split', 'split', 'legacy'],
    ['/lines/1', 'lines', 'orders'],
    ['/gone', 'gone', 'orders'],
  ])('for %s is of %s, and %s answers it; explain agrees', async (target, route, side) => {
    const answer = await edge.send(preflight(target, 'GET'));
    expect(answer.body.toString()).toBe(side);
    expect(await edge.recordOf(answer)).toMatchObject({ route, shadow: null, method: 'OPTIONS' });
    const { decision, route: named } = await explained(target);
    expect([named, decision.serve]).toEqual([route, side === 'orders' ? 'service' : 'legacy']);
    expect(decision.shadow).toBeUndefined();
  });

  it('for a method that the route does not claim is unclaimed, and so is an OPTIONS that is none', async () => {
    for (const bytes of [preflight('/split', 'POST'), get('/split').replace('GET', 'OPTIONS')])
      expect(await edge.recordOf(await edge.send(bytes))).toMatchObject({ route: 'unclaimed' });
  });
});
