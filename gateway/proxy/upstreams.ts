import { openUpstream, type UpstreamDeps } from './open-upstream.ts';
import type { UpstreamConfig } from './schema.ts';
import type { Upstream, UpstreamStatus } from './upstream.ts';

/** Milliseconds for which an upstream goes on after it was retired: requests hold on to older snapshots. */
const linger = 5000;

/** The upstreams that run, whatever snapshots name them. */
export interface Upstreams {
  /**
   * The upstreams of a config. One whose settings are what they were is the same object as before, with its breaker,
   * bulkhead, connections and counters; the others are new: so a renewed certificate makes new connections. Nothing is
   * ended here: see `retire`.
   */
  apply(configs: Record<string, UpstreamConfig>, monolith: string): ReadonlyMap<string, Upstream>;
  /**
   * Ends every upstream that is not in `kept`: 5 s later, and once what is in flight is done. Called with the new map
   * after a swap, with the running one if the config is refused after all.
   */
  retire(kept: ReadonlyMap<string, Upstream>): void;
  /** Of those of the last `apply` or `retire`. */
  status(): UpstreamStatus[];
  /** Ends all, once what is in flight is done. */
  close(): Promise<void>;
}

interface Entry {
  readonly settings: string;
  readonly upstream: Upstream;
}

export function createUpstreams(deps: UpstreamDeps): Upstreams {
  /** All that run and were not retired; while a config is being judged there may be two of a name. */
  let entries: readonly Entry[] = [];
  let current: ReadonlyMap<string, Upstream> = new Map();
  const retired = new Map<Upstream, () => void>();

  const end = async (upstream: Upstream): Promise<void> => {
    retired.get(upstream)?.();
    await upstream.close();
    retired.delete(upstream);
  };

  return {
    apply(configs, monolith) {
      const added: Entry[] = [];
      const toUpstream = (name: string, config: UpstreamConfig): Upstream => {
        const isMonolith = name === monolith;
        const settings = JSON.stringify([isMonolith, config]);
        const found = entries.find(entry => entry.upstream.name === name && entry.settings === settings);
        if (found !== undefined) return found.upstream;
        const upstream = openUpstream(name, config, isMonolith, deps);
        added.push({ settings, upstream });
        return upstream;
      };
      try {
        current = new Map(
          Object.entries(configs).map(([name, config]) => [name, toUpstream(name, config)] as const),
        );
      } catch (error) {
        for (const { upstream } of added) void upstream.close();
        throw error;
      }
      entries = [...entries, ...added];
      return current;
    },
    retire(kept) {
      for (const { upstream } of entries) {
        if (kept.get(upstream.name) === upstream) continue;
        retired.set(
          upstream,
          deps.clock.after(linger, () => void end(upstream)),
        );
      }
      entries = entries.filter(({ upstream }) => kept.get(upstream.name) === upstream);
      current = kept;
    },
    status: () => [...current.values()].map(upstream => upstream.status()),
    async close() {
      const all = [...entries.map(({ upstream }) => upstream), ...retired.keys()];
      await Promise.all(all.map(end));
      entries = [];
      current = new Map();
    },
  };
}
