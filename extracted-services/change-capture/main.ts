/** Starts change capture. What it reads of the environment is in docs/patterns/change-data-capture.md. */
import { createLegacyFeed } from '../chassis/legacy/feed.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { startChangeCapture } from './service.ts';

const settings = readSettings(process.env);

await runService('change-capture', async () => {
  const [url, amqpUrl] = [settings.optional('DATABASE_URL'), settings.optional('AMQP_URL')];
  const file = settings.text('CHANGE_CAPTURE_DATABASE', 'data/change-capture.db');
  return startChangeCapture({
    listen: settings.listen('CHANGE_CAPTURE_LISTEN', '127.0.0.1:4110'),
    database: { file, ...(url !== undefined && { url }) },
    bus: { file: settings.text('BUS_DATABASE', 'data/bus.db'), ...(amqpUrl !== undefined && { amqpUrl }) },
    legacy: createLegacyFeed({
      url: settings.url('LEGACY_URL', 'http://127.0.0.1:4000'),
      token: settings.secret('LEGACY_INTERNAL_TOKEN'),
    }),
    log: line => console.log(line),
  });
});
