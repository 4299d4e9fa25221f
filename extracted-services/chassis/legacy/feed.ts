import { createOutgoing, type OutgoingAnswer } from '../outgoing.ts';
import { newTrace, type Trace } from '../trace.ts';

/** The monolith's `/internal` from outside: its changes, its rows, its digests, and writing into its tables. */
export interface LegacyFeed {
  /** Changes after this one; waits for one, up to `wait` ms. */
  changes(after: number, page: { readonly limit: number; readonly wait: number }): Promise<ChangePage>;
  rows(entity: LegacyEntity, after: number, limit: number): Promise<RowPage>;
  /** Users with their `password_hash`: for the one service that takes logins over. */
  accounts(after: number, limit: number): Promise<RowPage>;
  digests(entity: LegacyEntity, after: number, limit: number): Promise<readonly LegacyDigest[]>;
  /** Below `/internal`. Rejects with a LegacyRefusal where the monolith says no. */
  put(path: string, body: object, trace: Trace): Promise<void>;
  /** As its own page does it, and told of like any change. Rejects with a LegacyRefusal, 409 where it cannot be. */
  cancelOrder(id: number, trace: Trace): Promise<void>;
  close(): void;
}

export type LegacyEntity = 'users' | 'products' | 'orders';

export interface LegacyChange {
  /** Counts upwards without end. */
  readonly id: number;
  readonly at: string;
  readonly entity: LegacyEntity;
  readonly key: string;
  readonly op: 'insert' | 'update' | 'delete';
  /** In the monolith's own format; null for what was deleted. */
  readonly payload: Readonly<Record<string, unknown>> | null;
}

/** `pruned`: the log does not hold what was asked for, only `first` to `last`. */
export type ChangePage =
  | { readonly kind: 'page'; readonly changes: readonly LegacyChange[]; readonly last: number }
  | { readonly kind: 'pruned'; readonly first: number; readonly last: number };

export interface RowPage {
  readonly rows: readonly { readonly key: number; readonly payload: Readonly<Record<string, unknown>> }[];
  /** The change that the rows are at least as new as. */
  readonly last: number;
}

export interface LegacyDigest {
  readonly id: number;
  readonly updated_at: string | null;
  readonly hash: string;
}

/** The monolith answered, and the answer is no. */
export class LegacyRefusal extends Error {
  override readonly name = 'LegacyRefusal';
  readonly status: number;
  /** In the monolith's words. */
  readonly reason: string;
  constructor(path: string, status: number, reason: string) {
    super(`legacy: ${path} answered ${status}: ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

export interface LegacyFeedOptions {
  readonly url: string;
  readonly token: string;
}

/** Beyond the longest wait of the monolith. */
const longest = 25_000;

export function createLegacyFeed({ url, token }: LegacyFeedOptions): LegacyFeed {
  const shared = { name: 'legacy', baseUrl: url, token: async () => token };
  const legacy = createOutgoing(shared);
  // Asked once: whoever waits asks again, and a wait that `close` ends is not to be begun anew.
  const waiting = createOutgoing({ ...shared, timeout: longest, attempts: 1 });
  const get = (path: string, to = legacy): Promise<OutgoingAnswer> =>
    to.request({ method: 'GET', path: `/internal${path}`, trace: newTrace() });
  const page = async (path: string): Promise<RowPage> => bodyOf(path, await get(path)) as RowPage;
  return {
    async changes(after, { limit, wait }) {
      const path = `/changes?after=${after}&limit=${limit}&wait=${wait}`;
      const answer = await get(path, waiting);
      if (answer.status === 410)
        return { kind: 'pruned', ...(answer.json as { first: number; last: number }) };
      return { kind: 'page', ...(bodyOf(path, answer) as { changes: LegacyChange[]; last: number }) };
    },
    rows: (entity, after, limit) => page(`/snapshot?entity=${entity}&after=${after}&limit=${limit}`),
    accounts: (after, limit) =>
      page(`/snapshot?entity=users&with=password_hash&after=${after}&limit=${limit}`),
    async digests(entity, after, limit) {
      const path = `/digest?entity=${entity}&after=${after}&limit=${limit}`;
      return (bodyOf(path, await get(path)) as { digests: LegacyDigest[] }).digests;
    },
    async put(path, json, trace) {
      bodyOf(path, await legacy.request({ method: 'PUT', path: `/internal${path}`, json, trace }));
    },
    async cancelOrder(id, trace) {
      const path = `/orders/${id}/cancel`;
      bodyOf(path, await legacy.request({ method: 'POST', path: `/internal${path}`, trace }));
    },
    close() {
      legacy.close();
      waiting.close();
    },
  };
}

function bodyOf(path: string, { status, json }: OutgoingAnswer): unknown {
  if (status < 400) return json;
  const reason = (json as { error?: unknown } | undefined)?.error;
  throw new LegacyRefusal(
    path,
    status,
    typeof reason === 'string' ? reason.slice(0, 200) : 'no reason given',
  );
}
