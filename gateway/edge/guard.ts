import type { Refusal } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { GuardMode, GuardName, Stage } from '../core/vocabulary.ts';
import type { AuthConfig } from './auth/schema.ts';
import type { ObservedCounts } from './observed.ts';
import type { EdgeConfig, RouteEdgeConfig } from './schema.ts';
import type { EdgeServices } from './services.ts';

/** An answer of the gateway's own that ends an exchange without forwarding: to a preflight, for example. */
export class Reply {
  readonly status: number;
  /** Flat raw pairs. */
  readonly fields: readonly string[];
  /** What the answer denies without saying so: counted like any refusal. */
  readonly refusal: Refusal | undefined;

  constructor(status: number, fields: readonly string[], refusal?: Refusal) {
    this.status = status;
    this.fields = fields;
    this.refusal = refusal;
  }
}

/** Undefined lets the request pass. A Refusal stops it (enforce) or is only counted (observe). */
export type Verdict = Refusal | Reply | undefined;

/** One admission step, compiled for one route. It answers at once where it can. */
export interface Guard {
  readonly name: GuardName;
  readonly mode: GuardMode;
  check(exchange: Exchange): Verdict | Promise<Verdict>;
  /** What it says of a whole exchange that it let pass; asked of observing guards only. */
  readonly review: ((exchange: Exchange) => Refusal | undefined) | undefined;
  /** What an observing guard would have done, held against what the upstream did; undefined while it enforces. */
  readonly counts: ObservedCounts | undefined;
}

/** What a guard is compiled from. */
export interface GuardFacts {
  /** `unclaimed`, or the name in routes.yaml. */
  readonly name: string;
  /** What the route says; undefined for unclaimed traffic, which has `edge.unclaimed`. */
  readonly route: RouteEdgeConfig | undefined;
  readonly edge: EdgeConfig;
  readonly auth: AuthConfig | undefined;
  readonly stage: Stage;
}

/** How a guard gets into the list. */
export interface GuardMaker {
  readonly name: GuardName;
  /** Undefined where the guard has nothing to do for this route. Pure: `explain` asks it too. */
  modeOf(facts: GuardFacts): GuardMode | undefined;
  /** Called only where it has something to do. */
  compile(facts: GuardFacts, services: EdgeServices): Guard['check'];
  /** For what shows only while a body streams. */
  compileReview?(facts: GuardFacts): NonNullable<Guard['review']>;
}
