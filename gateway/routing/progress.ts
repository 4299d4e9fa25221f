import type { Stage } from '../core/vocabulary.ts';

/** Width of the buckets that a gateway appends, milliseconds. Once thinned they are hours, and then days. */
export const bucketWidth = 5 * 60_000;

/** Names that one reading of `progress` may ask for, and routes that one sample may hold. */
export const progressBounds = { asked: 20, routes: 2000 } as const;

/** Templates that are kept; beyond, those seen longest ago are forgotten. */
export const templatesKept = 5000;

/** What one route did within a bucket. Routes that nobody asked for stand in no sample. */
export interface RouteProgress {
  readonly requests: number;
  /** Served by each side; what the gateway answered itself is in `requests` alone. */
  readonly legacy: number;
  readonly service: number;
  readonly fallbacks: number;
  readonly nearMisses: number;
  /** Wall clock, milliseconds; 0: legacy served nothing. */
  readonly lastLegacyAt: number;
}

/** How much of the traffic and of the routes was migrated within one bucket of time. */
export interface ProgressSample {
  /** Begin of the bucket, wall clock, milliseconds. */
  readonly at: number;
  /** Its width, milliseconds. */
  readonly ms: number;
  readonly requests: number;
  readonly byService: number;
  readonly unclaimed: number;
  readonly routesByStage: Readonly<Record<Stage, number>>;
  /** By name; at most 2,000. */
  readonly routes: Readonly<Record<string, RouteProgress>>;
}

export interface ProgressQuery {
  /** Wall clock, milliseconds: buckets that begin then or later, */
  readonly since: number;
  /** and before then. */
  readonly until: number;
  /** Whose progress stands in `routes`, at most 20 names; empty: the totals alone. */
  readonly routes: readonly string[];
}

/** A shape of unclaimed paths, `/orders/{id}`, as far as it was seen since it was saved last. */
export interface TemplateRecord {
  /** Tells templates apart; at most 512 characters. */
  readonly template: string;
  /** Requests by method; at most 20 methods. */
  readonly methods: Readonly<Record<string, number>>;
  readonly requests: number;
  /** Answers of 500 and above. */
  readonly errors: number;
  /** GETs whose answer set a cookie. */
  readonly cookieGets: number;
  /** Distinct clients; of several records the greatest, since they may be the same. */
  readonly clients: number;
  /** Wall clock, milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Milliseconds; of several records that of the newest. */
  readonly p95: number;
}

/** When legacy last did something for a route. Wall clock, milliseconds; 0: not since `since`. */
export interface LeftoverRecord {
  readonly route: string;
  /** Since when it is remembered at all: less than `quiet` ago proves nothing. */
  readonly since: number;
  readonly lastLegacyAt: number;
  readonly lastFallbackAt: number;
  /** The last near miss that legacy answered below 400. */
  readonly lastNearMissAt: number;
  readonly lastHoldAt: number;
}

/** Implemented by `store/`. Rejects while the store is away: callers keep what they have and offer it again. */
export interface ProgressStore {
  /**
   * Once a bucket, and again where more came: a later sample of the same `node` and `at` replaces the earlier.
   * @param node one run of one gateway. Samples of several are added up when they are read.
   */
  appendProgress(node: string, sample: ProgressSample): Promise<void>;
  /** Oldest first: of 5 minutes for two days, of an hour for 60 days, of a day for 400 days (UTC). */
  progress(query: ProgressQuery): Promise<readonly ProgressSample[]>;
  /** Adds what was seen to what is known. */
  saveTemplates(seen: readonly TemplateRecord[]): Promise<void>;
  /** Most requests first. */
  templates(): Promise<readonly TemplateRecord[]>;
  /** Of what is known and what is saved the later counts; of `since` the earlier. */
  saveLeftovers(records: readonly LeftoverRecord[]): Promise<void>;
  leftovers(): Promise<readonly LeftoverRecord[]>;
}

/** Two records of one template as one. */
export function addTemplates(known: TemplateRecord, seen: TemplateRecord): TemplateRecord {
  const newest = seen.lastSeen >= known.lastSeen ? seen : known;
  const methods: Record<string, number> = { ...known.methods };
  for (const [method, requests] of Object.entries(seen.methods))
    methods[method] = (methods[method] ?? 0) + requests;
  return {
    template: known.template,
    methods,
    requests: known.requests + seen.requests,
    errors: known.errors + seen.errors,
    cookieGets: known.cookieGets + seen.cookieGets,
    clients: Math.max(known.clients, seen.clients),
    firstSeen: Math.min(known.firstSeen, seen.firstSeen),
    lastSeen: newest.lastSeen,
    p95: newest.p95,
  };
}
