/** The estate with a recording of its traffic, whose services differ from the monolith as they are told to. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, vi } from 'vitest';
import { createPace } from '../../estate/traffic/pace.ts';
import { startTraffic } from '../../estate/traffic/traffic.ts';
import { type Ran, spawnFigway } from './command-line.ts';
import { type Estate, launchEstate } from './estate.ts';

export type Service = 'orders' | 'products';

export interface RecordedShop extends AsyncDisposable {
  readonly gateway: string;
  /** Turns switches such as `ORDERS_DELAY=slow`, and waits until the service has taken them in. */
  turn(service: Service, ...switches: readonly string[]): Promise<void>;
  /** `figway compare replay` of the recording against the monolith and the service, by the route that reads it. */
  replay(service: Service, ...words: readonly string[]): Promise<Ran>;
}

const patience = { timeout: 60_000, interval: 100 };
/** Below the 50 lines a second that a recording takes. */
const rate = 45;

/** People are at the shop for a few seconds, then somebody asks for `paths`. */
export async function openRecordedShop(paths: readonly string[]): Promise<RecordedShop> {
  await using opened = new AsyncDisposableStack();
  const estate = opened.use(await launchEstate());
  const file = join(dirname(estate.config), 'shop.ndjson');
  await vi.waitFor(() => expect(estate.output()).toContain('Stop: Ctrl-C'), patience);
  await record(estate, file, async () => {
    await startTraffic({ url: estate.gateway, rate, seed: 1, seconds: 4 }).done;
    await read(estate.gateway, paths);
  });
  for (const service of ['orders', 'products'])
    await vi.waitFor(
      async () => expect(await runEstate(estate, 'reconcile', service)).toMatchObject({ code: 0 }),
      patience,
    );
  const owned = opened.move();
  return {
    gateway: estate.gateway,
    async turn(service, ...switches) {
      const before = await timesSwitched(estate, service);
      expect(await runEstate(estate, 'switch', service, ...switches)).toMatchObject({ code: 0, stderr: '' });
      await vi.waitFor(
        async () => expect(await timesSwitched(estate, service)).toBeGreaterThan(before),
        patience,
      );
    },
    replay(service, ...words) {
      const at = {
        legacy: estate.ports.LEGACY,
        service: estate.ports[service === 'orders' ? 'ORDERS' : 'PRODUCTS'],
      };
      const sides = Object.entries(at).flatMap(([side, port]) => [`--${side}`, `http://127.0.0.1:${port}`]);
      const route = ['--route', `${service}-read`];
      return runEstate(estate, 'figway', 'compare', 'replay', file, ...route, ...sides, ...words);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** `figway record`, from before `work` until the last of what came of it is there. */
async function record(estate: Estate, file: string, work: () => Promise<void>): Promise<void> {
  const admin = `http://127.0.0.1:${estate.ports.FIGWAY_ADMIN}`;
  const child = spawnFigway(dirname(file), ['record', '--out', file, '--admin', admin, '--for', '10m']);
  const ended = once(child, 'close');
  const isRecorded = async (path: string): Promise<void> => {
    await read(estate.gateway, [path]);
    expect(await readFile(file, 'utf8')).toContain(`"url":"${path}"`);
  };
  await vi.waitFor(() => isRecorded('/about?the=beginning'), patience);
  await work();
  await vi.waitFor(() => isRecorded('/about?the=end'), patience);
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
}

async function read(url: string, paths: readonly string[]): Promise<void> {
  const pace = createPace(rate);
  for (const path of paths) {
    await pace.turn();
    await (await fetch(url + path)).arrayBuffer();
  }
}

/** How often the service says that its switches were turned. */
async function timesSwitched({ env }: Estate, service: Service): Promise<number> {
  const log = await readFile(join(env.ESTATE_DATA ?? '', 'logs', `${service}.log`), 'utf8');
  return log.split('"msg":"switched"').length - 1;
}

/** `npm run estate -- …`, with the settings of this estate. */
function runEstate(estate: Estate, ...words: readonly string[]): Promise<Ran> {
  const env = { ...process.env, ...estate.env };
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      ['estate/command.ts', ...words],
      { env, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
