import type { Clock } from '../core/clock.ts';
import type { Transport } from '../proxy/transport.ts';
import type { Instance, OpenTransport, Upstream } from '../proxy/upstream.ts';

/** Milliseconds for which connections go on after their upstream was retired: copies of older requests are under way. */
const linger = 5000;

/** Connections for copies alone, so that a copy never takes one that a client's request would have got. */
export interface CopyTransports {
  /** Those to one instance, opened when they are first asked for, with the settings of its upstream. */
  to(upstream: Upstream, instance: Instance): Transport;
  /** Ends those of upstreams that are not in `kept`: 5 s later, and once what is in flight is done. */
  retire(kept: ReadonlyMap<string, Upstream>): void;
  close(): Promise<void>;
}

export interface CopyTransportsDeps {
  readonly clock: Clock;
  readonly openTransport: OpenTransport;
}

export function createCopyTransports({ clock, openTransport }: CopyTransportsDeps): CopyTransports {
  /** By upstream, since one whose settings changed is another. */
  const open = new Map<Upstream, Map<string, Transport>>();
  const cancels = new Map<Upstream, () => void>();

  const end = async (upstream: Upstream): Promise<void> => {
    cancels.get(upstream)?.();
    cancels.delete(upstream);
    const transports = open.get(upstream)?.values() ?? [];
    open.delete(upstream);
    await Promise.all([...transports].map(transport => transport.close()));
  };

  return {
    to(upstream, { origin }) {
      const known = open.get(upstream);
      const transports = known ?? new Map<string, Transport>();
      if (known === undefined) open.set(upstream, transports);
      let transport = transports.get(origin);
      if (transport === undefined) {
        const { timeout, idle, config } = upstream;
        transport = openTransport(origin, { timeout, idle, tls: config.tls });
        transports.set(origin, transport);
      }
      return transport;
    },
    retire(kept) {
      for (const upstream of open.keys()) {
        if (kept.get(upstream.name) === upstream || cancels.has(upstream)) continue;
        cancels.set(
          upstream,
          clock.after(linger, () => void end(upstream)),
        );
      }
    },
    async close() {
      await Promise.all([...open.keys()].map(end));
    },
  };
}
