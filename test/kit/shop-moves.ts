/** A gateway in front of a shop whose routes move, with the command line beside it. */
import type { RequestListener } from 'node:http';
import { expect } from 'vitest';
import type { RouteView } from '../../gateway/admin/route-view.ts';
import { type Folder, openFolder, type Ran } from './command-line.ts';
import { openWorld, type World } from './world.ts';

export interface MovingShop extends AsyncDisposable {
  readonly world: World<Record<'legacy' | 'orders', RequestListener>>;
  /** `promote orders --reason …`: on the file of the gateway that runs. */
  figway(line: string, more?: readonly string[]): Promise<Ran>;
  get<Answer = Record<string, unknown>>(path: string): Promise<Answer>;
  post(path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Sends so many distinct requests, and waits until each has its outcome. */
  ask(path: string, count: number, init?: RequestInit): Promise<void>;
  view(route?: string): Promise<RouteView>;
}

/** Both sides say the same of every path. */
export const same: RequestListener = (req, res) => {
  req.resume().on('end', () => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ path: req.url }));
  });
};

let asked = 0;

export async function openMovingShop(
  yaml: string,
  sides: Partial<Record<'legacy' | 'orders', RequestListener>> = {},
): Promise<MovingShop> {
  const world = await openWorld(yaml, { legacy: same, orders: same, ...sides });
  const folder: Folder = await openFolder();
  const env = {
    ...{ FIGWAY_ADMIN_URL: world.adminUrl, FIGWAY_CONFIG: world.file },
    ...{ legacy: world.upstreams.legacy.url, orders: world.upstreams.orders.url },
  };
  const get = async <Answer>(path: string): Promise<Answer> =>
    (await (await fetch(world.adminUrl + path)).json()) as Answer;
  const view = (route = 'orders'): Promise<RouteView> => get(`/api/routes/${route}`);
  const outcomes = async (): Promise<number> => {
    const { routes } = await get<{ routes: { route: string }[] }>('/api/routes');
    const views = await Promise.all(routes.map(({ route }) => view(route)));
    const counts = views.flatMap(({ verdict }) => Object.values(verdict?.counts ?? {}));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  return {
    world,
    figway: (line, more = []) => folder.figway([...line.split(' '), ...more], env),
    get,
    view,
    async post(path, body) {
      const answer = await fetch(world.adminUrl + path, {
        ...{ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async ask(path, count, init = {}) {
      const before = await outcomes();
      for (let i = 0; i < count; i++) {
        asked += 1;
        await (await fetch(`${world.url}${path}/${asked}`, init)).arrayBuffer();
      }
      await expect.poll(outcomes, { timeout: 15_000 }).toBe(before + count);
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
