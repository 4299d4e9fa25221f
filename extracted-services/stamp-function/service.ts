import { type Clock, systemClock } from '../chassis/clock.ts';
import { createLog } from '../chassis/log.ts';
import { createMetrics } from '../chassis/metrics.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { createEndpoints } from './endpoints.ts';
import { openapi } from './openapi.ts';
import { startInstance } from './runtime/instance.ts';
import { createPool, type PoolBounds } from './runtime/pool.ts';

export interface StampFunctionOptions {
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** At least 16 characters, shared with who sends webhooks. */
  readonly secret: string;
  readonly bounds?: Partial<PoolBounds>;
  /** A file that exports `handle`; default `stamp.ts`. */
  readonly handler?: string;
  readonly clock?: Clock;
  readonly tls?: Tls | undefined;
  readonly log?: (line: string) => void;
}

export const defaultBounds: PoolBounds = { timeout: 3000, concurrency: 4, waiting: 32, idle: 60_000 };

/** Listens, with no instance of the function: the first event starts one. It is ready all the same. */
export function startStampFunction(options: StampFunctionOptions): Promise<Service> {
  const { listen = {}, log: write = () => {}, tls, clock = systemClock } = options;
  const { handler = `${import.meta.dirname}/stamp.ts`, secret } = options;
  const log = createLog('stamp-function', write);
  const metrics = createMetrics();
  const onOutput = (text: string): void => log('info', 'function-output', { text });
  const env = { STAMP_FUNCTION_SECRET: secret };
  const bounds = { ...defaultBounds, ...options.bounds };
  const pool = createPool(() => startInstance({ handler, env, clock, onOutput }), bounds, clock);
  metrics.gauge('function_instances', {}, () => pool.size());
  return startService({
    name: 'stamp-function',
    ...listen,
    endpoints: createEndpoints({ pool, metrics, log }),
    openapi,
    ...{ metrics, tls, log: write },
    onClose: () => pool.close(),
  });
}
