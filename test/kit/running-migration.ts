/** The shop of `npm start` in the middle of its migration, within twenty minutes: people, moves, and two bad deploys. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { estateProcesses } from '../../estate/processes.ts';
import { openSecrets } from '../../estate/secrets.ts';
import { spawnProcess, stopProcess } from '../../estate/supervisor.ts';
import { startTraffic } from '../../estate/traffic/traffic.ts';
import { secretNames } from '../../estate/wiring.ts';
import { type Estate, launchEstate } from './estate.ts';
import { startStraying } from './straying.ts';
import { tokenOf, turnBack } from './turned-back.ts';

export interface RunningMigration extends AsyncDisposable {
  readonly estate: Estate;
  readonly adminUrl: string;
  /** Plays the story to its end. Rejects where a step does not come about. */
  play(say: (line: string) => void): Promise<void>;
}

/** What the orders service gets wrong from its first day: docs/services/orders.md. */
const planted = { ORDERS_TAX_ROUNDING: 'half-even', ORDERS_RARE_FAILURE: 'whole-tax' };

export async function openRunningMigration(rate: number): Promise<RunningMigration> {
  const cleanup = new AsyncDisposableStack();
  const estate = cleanup.use(
    await launchEstate(({ config }) => turnBack(config), { env: { ...planted, GIT_SHA: 'build-412' } }),
  );
  const adminUrl = `http://127.0.0.1:${estate.ports.FIGWAY_ADMIN}`;
  await until('the shop is open', 120_000, async () => /try/i.test(estate.output()));
  const traffic = startTraffic({ url: estate.gateway, rate, seed: 7, hasAddresses: true });
  cleanup.defer(() => traffic.close());
  const stray = startStraying(estate.gateway);
  cleanup.defer(() => stray.close());

  const call = (person: string, path: string, body: object): Promise<Response> =>
    fetch(`${adminUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf(person)}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  /** Asks again until the gate is open. */
  async function move(person: string, what: string, body: object): Promise<void> {
    let last = '';
    await until(`${what} moves (${JSON.stringify(body)})`, 12 * 60_000, async () => {
      const answer = await call(person, `/api/${what}/stage`, body);
      last = await answer.text();
      return answer.ok;
    }).catch(error => {
      throw new Error(`${error.message}: ${last}`);
    });
  }

  /** Puts another build of a service in the place of the one that runs. */
  async function deploy(name: string, env: Record<string, string>, silence = 0): Promise<void> {
    const data = estate.env.ESTATE_DATA ?? '';
    const all = estateProcesses(estate.env, await openSecrets(data, secretNames));
    const spec = all.find(one => one.name === name);
    if (spec === undefined) throw new TypeError(`no process is called ${name}`);
    const pid = Number(await readFile(join(data, `${name}.pid`), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await setTimeout(silence);
    const running = spawnProcess({ ...spec, env: { ...spec.env, ...planted, ...env } }, join(data, 'logs'));
    cleanup.defer(() => stopProcess(running));
    await until(`${name} is healthy`, 180_000, () =>
      fetch(spec.health).then(
        answer => answer.ok,
        () => false,
      ),
    );
  }

  return {
    estate,
    adminUrl,
    async play(say) {
      for (const [what, step] of story({ call, move, deploy, adminUrl })) {
        say(what);
        await step();
      }
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

interface Hands {
  call(person: string, path: string, body: object): Promise<Response>;
  move(person: string, what: string, body: object): Promise<void>;
  deploy(name: string, env: Record<string, string>, silence?: number): Promise<void>;
  readonly adminUrl: string;
}

const minutes = (number: number) => () => setTimeout(number * 60_000);

const story = ({ call, move, deploy, adminUrl }: Hands): [string, () => Promise<unknown>][] => [
  [
    'the lines of orders are compared',
    () => move('alice', 'routes/order-lines', { stage: 'shadow', reason: 'compare before anybody is moved' }),
  ],
  ['people come and go', minutes(4)],
  [
    'a quarter gets products of the service',
    () => move('bob', 'routes/products-read', { stage: 'canary', reason: 'no difference so far' }),
  ],
  ['watch', minutes(3)],
  [
    'half of them',
    () =>
      move('bob', 'cohorts/catalogue', {
        stage: 'canary',
        percent: 50,
        reason: 'no complaints, none of its answers differ',
      }),
  ],
  [
    'a fifth gets lines of the service',
    () => move('alice', 'routes/order-lines', { stage: 'canary', reason: 'ticket SHOP-381' }),
  ],
  ['watch', minutes(3)],
  [
    'all get products of the service',
    () =>
      move('bob', 'routes/products-read', { stage: 'migrated', reason: 'agreed in the weekly, SHOP-377' }),
  ],
  [
    'more get lines of the service',
    () =>
      move('alice', 'routes/order-lines', {
        stage: 'canary',
        percent: 60,
        reason: 'match rate holds at 20 %',
      }),
  ],
  ['watch', minutes(4)],
  ['the products service falls over for a moment', () => deploy('products', {}, 6000)],
  ['watch', minutes(2)],
  [
    'payments are held by hand',
    () =>
      call('alice', '/api/routes/payments-read/hold', {
        reason: 'no copies while the auditors are here',
        for: '2h',
      }),
  ],
  ['a slow build of orders', () => deploy('orders', { ORDERS_DELAY: 'slow' })],
  [
    'its tripwire holds the lines',
    () =>
      until('a tripwire holds order-lines', 5 * 60_000, async () => {
        const answer = await fetch(`${adminUrl}/api/routes/order-lines`, {
          headers: { authorization: `Bearer ${tokenOf('alice')}` },
        });
        const { hold } = (await answer.json()) as { hold: { by: string } | null };
        return hold?.by === 'tripwire';
      }),
  ],
  ['a minute more', minutes(1)],
];

async function until(what: string, within: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within ${within / 1000} s: ${what}`);
    await setTimeout(2000);
  }
}
