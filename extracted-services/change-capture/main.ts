/** Starts change capture. What it reads of the environment is in docs/patterns/change-data-capture.md. */
import { requireLegacyFeed } from '../chassis/legacy/read-feed.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readBus, readDatabase } from '../chassis/stores.ts';
import { readTls } from '../chassis/tls.ts';
import { startChangeCapture } from './service.ts';

const settings = readSettings(process.env);

await runService('change-capture', async () =>
  startChangeCapture({
    listen: settings.listen('CHANGE_CAPTURE_LISTEN', '127.0.0.1:4110'),
    database: readDatabase(settings, 'change-capture'),
    bus: readBus(settings),
    legacy: requireLegacyFeed(settings),
    tls: await readTls(settings.optional('MTLS_DIR'), 'change-capture'),
    log: line => console.log(line),
  }),
);
