/** Starts the products service. What it reads of the environment is in docs/services/products.md. */
import { createAuthority } from '../chassis/auth.ts';
import { readIssuers } from '../chassis/issuers.ts';
import { readLegacyFeed } from '../chassis/legacy/read-feed.ts';
import { createLog } from '../chassis/log.ts';
import { runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readBus, readDatabase } from '../chassis/stores.ts';
import { watchSwitches } from '../chassis/switch-file.ts';
import { readTls } from '../chassis/tls.ts';
import { startProducts } from './service.ts';
import { readSwitches } from './switches.ts';

const settings = readSettings(process.env);

await runService('products', async () => {
  const tls = await readTls(settings.optional('MTLS_DIR'), 'products');
  const file = settings.optional('PRODUCTS_SWITCHES');
  const log = createLog('products', line => console.log(line));
  return startProducts({
    listen: settings.listen('PRODUCTS_LISTEN', '127.0.0.1:4102'),
    grpcListen: settings.listen('PRODUCTS_GRPC_LISTEN', '127.0.0.1:4152'),
    database: readDatabase(settings, 'products'),
    bus: readBus(settings),
    legacy: readLegacyFeed(settings),
    authority: createAuthority({ issuers: readIssuers(settings), tls }),
    more: {
      switches: watchSwitches({ file, env: process.env, log }, readSwitches),
      tls,
      log: line => console.log(line),
    },
  });
});
