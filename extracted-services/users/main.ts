/**
 * Starts the users service; `main.ts backfill` fills its store from the monolith's, `main.ts rotate-keys` makes it sign
 * with a new key. What it reads of the environment is in docs/services/users.md: beside what stands here the stores, the
 * issuers, and the monolith (LEGACY_URL, LEGACY_INTERNAL_TOKEN).
 */
import { openBus } from '../chassis/events/bus.ts';
import { gatewayIssuer, readUsersIssuer } from '../chassis/issuers.ts';
import { readLegacyFeed, requireLegacyFeed } from '../chassis/legacy/read-feed.ts';
import { createLog } from '../chassis/log.ts';
import { orExit, runService } from '../chassis/run.ts';
import type { Service } from '../chassis/service.ts';
import { readSettings } from '../chassis/settings.ts';
import { readBus, readDatabase } from '../chassis/stores.ts';
import { readTls } from '../chassis/tls.ts';
import { backfill } from './backfill.ts';
import { clientScopes, secretVariable } from './clients.ts';
import { rotateKeys } from './rotate-keys.ts';
import { defaultTrust, openUsersDatabase, startUsers } from './service.ts';
import { toRepository } from './sql-repository.ts';

const settings = readSettings(process.env);
const hour = 3_600_000;

switch (process.argv[2]) {
  case undefined:
    await runService('users', serve);
    break;
  case 'backfill':
    await orExit('users', fill);
    break;
  case 'rotate-keys':
    await orExit('users', async () => console.log(await rotateKeys(readDatabase(settings, 'users'))));
    break;
  default:
    console.error(`users: expected backfill, rotate-keys or nothing, got ${process.argv[2]}`);
    process.exit(3);
}

async function serve(): Promise<Service> {
  const log = (line: string): void => console.log(line);
  const options = {
    ...settings.listen('USERS_LISTEN', '127.0.0.1:4101'),
    store: readDatabase(settings, 'users'),
    legacy: readLegacyFeed(settings),
    tokens: {
      issuer: readUsersIssuer(settings).issuer,
      others: [gatewayIssuer(settings)],
      keyAge: hour * settings.integer('USERS_KEY_HOURS', { min: 1, max: 8760, fallback: 24 }),
      clients: readClients(),
    },
    guard: { trust: settings.text('USERS_TRUST', defaultTrust.join(',')).split(',') },
    tls: await readTls(settings.optional('MTLS_DIR'), 'users'),
    log,
  };
  const warn = createLog('users', log);
  const bus = await openBus({ ...readBus(settings), onTrouble: what => warn('warn', what) });
  try {
    const service = await startUsers({ ...options, bus });
    return {
      ...service,
      async close() {
        await service.close();
        await bus.close();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/** The secrets of those clients whose variable is set. */
function readClients(): Readonly<Record<string, string>> {
  const given = Object.keys(clientScopes).map(id => [id, settings.optional(secretVariable(id))] as const);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function fill(): Promise<void> {
  const legacy = requireLegacyFeed(settings);
  const repository = toRepository(await openUsersDatabase(readDatabase(settings, 'users')));
  try {
    const { copied, own, taken } = await backfill(repository, { legacy });
    console.log(`copied ${copied} users of the monolith; ${own} are this service's own by now`);
    if (taken.length > 0) console.log(`not copied, since their email is taken here: ${taken.join(', ')}`);
  } finally {
    legacy.close();
    await repository.close();
  }
}
