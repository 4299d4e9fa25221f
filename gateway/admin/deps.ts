import type { Evidence } from '../compare/evidence.ts';
import type { ComparisonStore } from '../compare/kept.ts';
import type { Recording } from '../compare/recording.ts';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Stage } from '../core/vocabulary.ts';
import type { KeySetStatus } from '../edge/auth/issuers.ts';
import type { LimitsStatus } from '../edge/limit/limits.ts';
import type { ObservedCounts } from '../edge/observed.ts';
import type { UpstreamStatus } from '../proxy/upstream.ts';
import type { MoveEvidence } from '../routing/move-evidence.ts';
import type { RoutePreview } from '../routing/preview.ts';
import type { ProgressQuery } from '../routing/progress.ts';
import type { MoveStore, Route } from '../routing/route.ts';
import type { StoreStatus } from '../store/store.ts';
import type { Discovered } from '../telemetry/discovery.ts';
import type { ProgressHistory } from '../telemetry/progress.ts';
import type { Tally } from '../telemetry/tally.ts';
import type { GateSource } from './gates.ts';
import type { HoldSharingStatus } from './hold-sharing.ts';
import type { Holds } from './holds.ts';
import type { AdminConfig } from './schema.ts';

/** What the admin port stands on. A getter is asked for every call, so that a reload counts at once. */
export interface AdminDeps {
  settings(): Pick<AdminConfig, 'tokens' | 'hosts'>;
  config(): ConfigFacts;
  /** The routes that run; the first is `unclaimed`. */
  routes(): readonly Route[];
  upstreams(): readonly UpstreamStatus[];
  /** Of the observing guards of the routes that run. */
  observed(): Iterable<ObservedCounts>;
  limits(): LimitsStatus;
  /** How holds reach other gateways. */
  holdSharing(): HoldSharingStatus;
  /** Keys of token issuers. */
  keySets(): readonly KeySetStatus[];
  /** Processes that serve clients; none where the gateway's own does. */
  workers(): readonly WorkerStatus[];
  /** Why the gateway is shutting down; undefined while it is not. */
  draining(): string | undefined;
  reload(): Promise<ReloadResult>;
  /** The explanation of one request, as plain data. Throws a `Refusal` for a request that is refused. */
  explain(query: ExplainQuery): unknown;
  /** Edits routes.yaml and reloads. Called after gates, rights and reason were checked, one call at a time. */
  moveStage(change: StageChange): Promise<StageResult>;
  /** Unclaimed traffic in templates. */
  discovered(): Discovered;
  /** Those of the methods that no route claims at these paths. */
  unclaimedMethods(
    template: string,
    methods: Readonly<Record<string, number>>,
  ): Readonly<Record<string, number>>;
  /** Runs the last hour against a changed file; against the one on disk if none is given. */
  preview(given: PreviewGiven): Promise<PreviewResult>;
  readProgress(query: ProgressQuery): Promise<ProgressHistory>;
  /** What `moveStage` would write, as a patch. Writes nothing. */
  proposeStage(change: StageChange): Promise<Proposal>;
  /** What the gates say of the routes that run. */
  gates(): GateSource;
  readonly evidence: Pick<Evidence, 'signaturesOf' | 'markSignature'>;
  readonly holds: Holds;
  readonly store: MoveStore & Pick<ComparisonStore, 'comparisons' | 'comparison'> & { status(): StoreStatus };
  readonly recording: Pick<Recording, 'open'>;
  readonly tally: Tally;
  readonly metrics: { metrics(): Promise<string>; readonly contentType: string };
  readonly events: Events;
  readonly clock: Clock;
}

/** One of several processes that serve clients. */
export interface WorkerStatus {
  /** From 1; a process that takes the place of another has its number. */
  readonly worker: number;
  /** Of the process; 0 while there is none. */
  readonly pid: number;
  /** `resting`: it was lost, and is started again after a pause. */
  readonly state: 'starting' | 'serving' | 'draining' | 'resting';
  /** Wall clock, milliseconds: since when it is in this state. */
  readonly since: number;
  /** How often it was lost. */
  readonly restarts: number;
  /** Why it was lost last; empty if it never was. */
  readonly lost: string;
}

export interface ConfigFacts {
  /** The routes file, absolute: a command that names it otherwise must recognise it. */
  readonly file: string;
  /** Of the config that runs. */
  readonly hash: string;
  readonly revision: string;
  /** Wall clock, milliseconds. */
  readonly loadedAt: number;
  /** `propose`: stages are moved by a commit, never by this port. */
  readonly moves: 'file' | 'propose';
  /** Keys that were changed since the start and are settled there: `listen.gateway`. */
  readonly waitsForRestart: readonly string[];
  /** How the newest reading of the file ended. */
  readonly lastReload: {
    /** Wall clock, milliseconds. */
    readonly at: number;
    readonly isGood: boolean;
    /** Each as one line: `routes.yaml:14:7 error routes.orders.percent: expected 0 to 100, got 140`. */
    readonly problems: readonly string[];
  };
}

export interface PreviewGiven {
  /** The main file; others stay as they run. */
  readonly text?: string | undefined;
  /** The main file and all that it includes, the main one first; names are relative to that. */
  readonly files?: readonly { readonly file: string; readonly text: string }[] | undefined;
}

export interface PreviewResult {
  /** Wall clock, milliseconds. */
  readonly since: number;
  /** Undefined where the file has errors. */
  readonly preview: RoutePreview | undefined;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export type ReloadResult =
  | { readonly isGood: true; readonly hash: string; readonly revision: string }
  | { readonly isGood: false; readonly problems: readonly string[] };

export interface ExplainQuery {
  readonly method: string;
  /** Path and query, as it would be sent. */
  readonly path: string;
  readonly host: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly ip: string | undefined;
}

export interface StageChange {
  /** Routes that move together: one, or all of a cohort. */
  readonly routes: readonly string[];
  /** Where `percent` is to be written: the cohort's entry, or the route's. */
  readonly cohort: string | undefined;
  readonly stage: Stage | undefined;
  readonly percent: number | undefined;
  readonly by: string;
  readonly reason: string;
  /** By route, of those that change. A gate that is closed there is passed over by force. */
  readonly evidence: Readonly<Record<string, MoveEvidence>>;
}

/** `isDone: false`: the file could not be edited, or what came of it was refused; what ran runs on. */
export type StageResult =
  | { readonly isDone: true; readonly hash: string; readonly revision: string }
  | { readonly isDone: false; readonly problems: readonly string[] };

export type Proposal =
  | { readonly isDone: true; readonly patch: string }
  | { readonly isDone: false; readonly problems: readonly string[] };
