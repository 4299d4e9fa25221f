import { createAuthority, type IssuerOptions } from '../chassis/auth.ts';
import { createLog } from '../chassis/log.ts';
import { createMetrics } from '../chassis/metrics.ts';
import { createPeers, type PeersOptions } from '../chassis/peers.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { createEndpoints } from './endpoints.ts';
import { createGraphqlEndpoint } from './graphql/endpoint.ts';
import { createEngine, type EngineOptions } from './graphql/engine.ts';
import { openapi } from './openapi.ts';
import type { PeerName } from './reader.ts';

export interface WebBffOptions {
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly peers: Pick<PeersOptions<PeerName>, 'urls' | 'timeout' | 'breaker'>;
  readonly issuers: readonly IssuerOptions[];
  /** Introspection is off by default. */
  readonly graphql?: Partial<EngineOptions>;
  readonly tls?: Tls | undefined;
  readonly log?: (line: string) => void;
}

/** Listens. It keeps nothing, so it is ready whether its peers are or not. */
export function startWebBff(options: WebBffOptions): Promise<Service> {
  const { listen = {}, log = () => {}, tls } = options;
  const metrics = createMetrics();
  const peers = createPeers({ ...options.peers, metrics, tls });
  const engine = createEngine({ introspection: 'off', ...options.graphql });
  return startService({
    name: 'web-bff',
    ...listen,
    endpoints: [...createEndpoints(peers), createGraphqlEndpoint(peers, engine, createLog('web-bff', log))],
    openapi,
    authority: createAuthority({ issuers: options.issuers, tls }),
    ...{ metrics, tls, log },
    onClose: async () => peers.close(),
  });
}
