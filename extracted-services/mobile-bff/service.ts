import { createAuthority, type IssuerOptions } from '../chassis/auth.ts';
import { type Clock, systemClock } from '../chassis/clock.ts';
import { createMetrics } from '../chassis/metrics.ts';
import { createPeers, type PeersOptions } from '../chassis/peers.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { createEndpoints } from './endpoints.ts';
import { createKept } from './kept.ts';
import { openapi } from './openapi.ts';
import type { PeerName } from './screen.ts';

export interface MobileBffOptions {
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** The timeout is 800 ms by default: a part that comes later is not worth the wait. */
  readonly peers: Pick<PeersOptions<PeerName>, 'urls' | 'timeout' | 'breaker'>;
  readonly issuers: readonly IssuerOptions[];
  /** How long the last good part may be shown; by default five minutes, 2,000 parts. */
  readonly kept?: { readonly maxAge?: number; readonly maxEntries?: number };
  readonly clock?: Clock;
  readonly tls?: Tls | undefined;
  readonly log?: (line: string) => void;
}

/** Listens. What it keeps is gone with it. */
export function startMobileBff(options: MobileBffOptions): Promise<Service> {
  const { listen = {}, log = () => {}, tls, clock = systemClock } = options;
  const { maxAge = 300_000, maxEntries = 2000 } = options.kept ?? {};
  const metrics = createMetrics();
  const { timeout = 800, ...others } = options.peers;
  const peers = createPeers({ ...others, timeout, metrics, tls });
  return startService({
    name: 'mobile-bff',
    ...listen,
    endpoints: createEndpoints({
      peers,
      kept: createKept({ maxAge, maxEntries, clock }),
      count: outcome => metrics.count('screen_parts_total', { outcome }),
    }),
    openapi,
    authority: createAuthority({ issuers: options.issuers, tls }),
    ...{ metrics, tls, log },
    onClose: async () => peers.close(),
  });
}
