/** Starts the anti-corruption layer. What it reads of the environment is in docs/patterns/anti-corruption-layer.md. */
import { createClientCredentials } from '../chassis/client-credentials.ts';
import { requireLegacyFeed } from '../chassis/legacy/read-feed.ts';
import { createOutgoing, type Outgoing } from '../chassis/outgoing.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readBus, readDatabase } from '../chassis/stores.ts';
import { readTls, type Tls } from '../chassis/tls.ts';
import { startAntiCorruption } from './service.ts';

const settings = readSettings(process.env);

await runService('anti-corruption', async () => {
  const tls = await readTls(settings.optional('MTLS_DIR'), 'anti-corruption');
  return startAntiCorruption({
    listen: settings.listen('ANTI_CORRUPTION_LISTEN', '127.0.0.1:4111'),
    database: readDatabase(settings, 'anti-corruption'),
    bus: readBus(settings),
    legacy: requireLegacyFeed(settings),
    orders: ordersService(tls),
    tls,
    log: line => console.log(line),
  });
});

/** With ANTI_CORRUPTION_CLIENT_SECRET it asks with a token of its own. */
function ordersService(tls: Tls | undefined): Outgoing {
  const isKnown = settings.optional('ANTI_CORRUPTION_CLIENT_SECRET') !== undefined;
  const credentials = isKnown
    ? createClientCredentials({
        tokenUrl: `${settings.url('USERS_URL', 'http://127.0.0.1:4101')}/oauth/token`,
        clientId: 'anti-corruption',
        clientSecret: settings.secret('ANTI_CORRUPTION_CLIENT_SECRET'),
        scope: 'orders:read',
        tls,
      })
    : undefined;
  return createOutgoing({
    name: 'orders',
    baseUrl: settings.url('ORDERS_URL', 'http://127.0.0.1:4103'),
    tls,
    ...(credentials && { token: () => credentials.token() }),
  });
}
