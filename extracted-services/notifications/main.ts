/** Starts the notifications service. What it reads of the environment is in docs/services/notifications.md. */
import { readIssuers } from '../chassis/issuers.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readBus, readDatabase } from '../chassis/stores.ts';
import { readTls } from '../chassis/tls.ts';
import { startNotifications } from './service.ts';

const settings = readSettings(process.env);

await runService('notifications', async () =>
  startNotifications({
    listen: settings.listen('NOTIFICATIONS_LISTEN', '127.0.0.1:4105'),
    database: readDatabase(settings, 'notifications'),
    bus: readBus(settings),
    issuers: readIssuers(settings),
    tls: await readTls(settings.optional('MTLS_DIR'), 'notifications'),
    log: line => console.log(line),
  }),
);
