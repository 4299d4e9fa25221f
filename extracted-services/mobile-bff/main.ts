/** Starts the mobile BFF. What it reads of the environment is in docs/services/mobile-bff.md. */
import { readIssuers } from '../chassis/issuers.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readTls } from '../chassis/tls.ts';
import { startMobileBff } from './service.ts';

const settings = readSettings(process.env);

await runService('mobile-bff', async () =>
  startMobileBff({
    listen: settings.listen('MOBILE_BFF_LISTEN', '127.0.0.1:4202'),
    peers: {
      urls: {
        users: settings.url('USERS_URL', 'http://127.0.0.1:4101'),
        products: settings.url('PRODUCTS_URL', 'http://127.0.0.1:4102'),
        orders: settings.url('ORDERS_URL', 'http://127.0.0.1:4103'),
        payments: settings.url('PAYMENTS_URL', 'http://127.0.0.1:4104'),
        notifications: settings.url('NOTIFICATIONS_URL', 'http://127.0.0.1:4105'),
      },
      timeout: settings.integer('MOBILE_BFF_TIMEOUT', { min: 50, max: 30_000, fallback: 800 }),
    },
    kept: {
      maxAge: 1000 * settings.integer('MOBILE_BFF_STALE_SECONDS', { min: 0, max: 86_400, fallback: 300 }),
    },
    issuers: readIssuers(settings),
    tls: await readTls(settings.optional('MTLS_DIR'), 'mobile-bff'),
    log: line => console.log(line),
  }),
);
