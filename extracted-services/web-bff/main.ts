/** Starts the web BFF. What it reads of the environment is in docs/services/web-bff.md. */
import { readIssuers } from '../chassis/issuers.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readTls } from '../chassis/tls.ts';
import { startWebBff } from './service.ts';

const settings = readSettings(process.env);

await runService('web-bff', async () =>
  startWebBff({
    listen: settings.listen('WEB_BFF_LISTEN', '127.0.0.1:4201'),
    peers: {
      urls: {
        users: settings.url('USERS_URL', 'http://127.0.0.1:4101'),
        products: settings.url('PRODUCTS_URL', 'http://127.0.0.1:4102'),
        orders: settings.url('ORDERS_URL', 'http://127.0.0.1:4103'),
        payments: settings.url('PAYMENTS_URL', 'http://127.0.0.1:4104'),
        notifications: settings.url('NOTIFICATIONS_URL', 'http://127.0.0.1:4105'),
      },
      timeout: settings.integer('WEB_BFF_TIMEOUT', { min: 50, max: 30_000, fallback: 2000 }),
    },
    graphql: { introspection: settings.oneOf('WEB_BFF_INTROSPECTION', ['off', 'on'], 'off') },
    issuers: readIssuers(settings),
    tls: await readTls(settings.optional('MTLS_DIR'), 'web-bff'),
    log: line => console.log(line),
  }),
);
