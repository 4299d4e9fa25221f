/** Starts the payments service. What it reads of the environment is in docs/services/payments.md. */
import { readIssuers } from '../chassis/issuers.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readBus, readDatabase } from '../chassis/stores.ts';
import { readTls } from '../chassis/tls.ts';
import { startPayments } from './service.ts';

const settings = readSettings(process.env);

await runService('payments', async () =>
  startPayments({
    listen: settings.listen('PAYMENTS_LISTEN', '127.0.0.1:4104'),
    database: readDatabase(settings, 'payments'),
    bus: readBus(settings),
    issuers: readIssuers(settings),
    tls: await readTls(settings.optional('MTLS_DIR'), 'payments'),
    log: line => console.log(line),
  }),
);
