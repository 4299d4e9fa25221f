/** What a worker runs: see workers.ts, which starts it. */
import { enableCompileCache } from 'node:module';
import { spareUndici } from '../spare-undici.ts';

enableCompileCache();
spareUndici();
const { runWorker } = await import('./run-worker.ts');
runWorker();
