/** Starts the runtime of the stamp function. What it reads of the environment is in docs/services/stamp-function.md. */
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readTls } from '../chassis/tls.ts';
import { defaultBounds, startStampFunction } from './service.ts';

const settings = readSettings(process.env);

await runService('stamp-function', async () =>
  startStampFunction({
    listen: settings.listen('STAMP_FUNCTION_LISTEN', '127.0.0.1:4301'),
    secret: settings.secret('STAMP_FUNCTION_SECRET'),
    bounds: {
      timeout: settings.integer('STAMP_FUNCTION_TIMEOUT', {
        ...{ min: 10, max: 30_000, fallback: defaultBounds.timeout },
      }),
      concurrency: settings.integer('STAMP_FUNCTION_CONCURRENCY', {
        ...{ min: 1, max: 64, fallback: defaultBounds.concurrency },
      }),
      idle:
        1000 *
        settings.integer('STAMP_FUNCTION_IDLE_SECONDS', {
          ...{ min: 0, max: 86_400, fallback: defaultBounds.idle / 1000 },
        }),
    },
    tls: await readTls(settings.optional('MTLS_DIR'), 'stamp-function'),
    log: line => console.log(line),
  }),
);
