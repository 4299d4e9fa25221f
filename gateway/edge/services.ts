import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Ask } from './ask.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { createMint, type Mint } from './auth/mint.ts';
import type { AuthConfig } from './auth/schema.ts';
import { createSessionBridge, type SessionBridge } from './auth/session.ts';
import { createKeeper } from './keeper.ts';
import { createObserved, type Observed } from './observed.ts';
import type { EdgeConfig } from './schema.ts';

/** What guards lean on and what lives on over reloads: keys, caches, counters. Compiled for one snapshot. */
export interface EdgeServices {
  readonly observed: Observed;
  /** Undefined without an `auth:` section. */
  readonly auth: Authenticator | undefined;
  /** Undefined without `auth.session`. */
  readonly sessions: SessionBridge | undefined;
  /** Undefined without `auth.mint`: then services get no token of the gateway. */
  readonly mint: Mint | undefined;
}

/** What the edge is told by a config. */
export interface EdgeSettings {
  readonly auth?: AuthConfig | undefined;
  readonly edge: EdgeConfig;
  /** Address of Redis; empty or absent: this process counts alone. */
  readonly redis?: string | undefined;
}

export interface EdgeDeps {
  readonly events: Events;
  readonly clock: Clock;
  readonly ask: Ask;
}

/** The services that run, whatever snapshots use them. */
export interface Edge {
  /** The services of a config. Those whose settings are what they were are the same as before. Nothing is ended here. */
  apply(settings: EdgeSettings): EdgeServices;
  /** Ends what is not in `kept`. Called with the new services after a swap. */
  retire(kept: EdgeServices): void;
  close(): Promise<void>;
}

export function createEdge({ clock, ask }: EdgeDeps): Edge {
  let running: EdgeServices | undefined;
  const bridges = createKeeper<SessionBridge>();
  const mints = createKeeper<Mint>();
  return {
    apply({ auth }) {
      const session = auth?.session;
      const mint = auth?.mint;
      const services: EdgeServices = {
        observed: createObserved(clock.wall, running?.observed),
        auth: undefined,
        sessions: session && bridges.of(session, () => createSessionBridge(session, { ask, clock })),
        mint: mint && mints.of(mint, () => createMint(mint, clock)),
      };
      running ??= services;
      return services;
    },
    retire(kept) {
      running = kept;
      bridges.retain(kept.sessions);
      mints.retain(kept.mint);
    },
    async close() {},
  };
}
