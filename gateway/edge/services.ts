import type { Ask } from './ask.ts';
import { createApiKeys } from './auth/api-keys.ts';
import { type Authenticator, createAuthenticator } from './auth/authenticator.ts';
import { createIssuers, type KeySetStatus } from './auth/issuers.ts';
import { createMint, type Mint } from './auth/mint.ts';
import type { AuthConfig } from './auth/schema.ts';
import { createSessionBridge, type SessionBridge } from './auth/session.ts';
import type { Tokens } from './auth/tokens.ts';
import { createKeeper } from './keeper.ts';
import { type BruteForce, createBruteForce } from './limit/brute-force.ts';
import { type CountersDeps, createCounters, type Limits, type LimitsStatus } from './limit/limits.ts';
import { createObserved, type Observed } from './observed.ts';
import type { EdgeConfig } from './schema.ts';

/** What guards lean on and what lives on over reloads: keys, caches, counters. Compiled for one snapshot. */
export interface EdgeServices {
  readonly observed: Observed;
  /** Undefined without an `auth:` section. */
  readonly auth: Authenticator | undefined;
  /** Undefined without `auth.session`. */
  readonly session: SessionBridge | undefined;
  /** Undefined without `auth.mint`: then services get no token of the gateway. */
  readonly mint: Mint | undefined;
  /** Undefined without `auth.jwt`. */
  readonly tokens: Tokens | undefined;
  readonly limits: Limits;
  /** Never blocks anybody where it is off. */
  readonly bruteForce: BruteForce;
}

/** What the edge is told by a config. */
export interface EdgeSettings {
  readonly auth?: AuthConfig | undefined;
  readonly edge: EdgeConfig;
  /** Address of Redis; empty or absent: this process counts alone. */
  readonly redis?: string | undefined;
}

export interface EdgeDeps extends CountersDeps {
  readonly ask: Ask;
}

/** The services that run, whatever snapshots use them. */
export interface Edge {
  /** The services of a config. Those whose settings are what they were are the same as before. Nothing is ended here. */
  apply(settings: EdgeSettings): EdgeServices;
  /** Ends what is not in `kept`. Called with the new services after a swap. */
  retire(kept: EdgeServices): void;
  /** Settled once it is known whether shared counters are there; within a second. */
  ready(): Promise<void>;
  limits(): LimitsStatus;
  keySets(): readonly KeySetStatus[];
  close(): Promise<void>;
}

export function createEdge(deps: EdgeDeps): Edge {
  const issuers = createIssuers(deps);
  const bridges = createKeeper<SessionBridge>();
  const mints = createKeeper<Mint>();
  const counters = createCounters(deps);
  let running: EdgeServices | undefined;
  return {
    apply({ auth, edge, redis = '' }) {
      const limits = counters.apply(redis);
      const tokens = issuers.apply(auth?.jwt);
      const keys = auth?.apiKeys === undefined ? undefined : createApiKeys(auth.apiKeys);
      const session = auth?.session && bridges.of(auth.session, config => createSessionBridge(config, deps));
      const services: EdgeServices = {
        observed: createObserved(deps.clock.wall, running?.observed),
        auth: auth && createAuthenticator({ tokens, keys, session }),
        tokens,
        session,
        mint: auth?.mint && mints.of(auth.mint, config => createMint(config, deps.clock)),
        limits,
        bruteForce: createBruteForce(edge.bruteForce, limits),
      };
      running ??= services;
      return services;
    },
    retire(kept) {
      running = kept;
      issuers.retire(kept.tokens);
      bridges.retain(kept.session);
      mints.retain(kept.mint);
      counters.retire(kept.limits);
    },
    ready: counters.ready,
    limits: counters.status,
    keySets: issuers.status,
    async close() {
      issuers.close();
      counters.close();
    },
  };
}
