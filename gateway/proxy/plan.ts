import type { Side } from '../core/vocabulary.ts';
import type { Rewrite } from './rewrite.ts';
import type { Upstream } from './upstream.ts';

/** One way to an answer: which upstream, as which side, under which path. Compiled once for a route and side. */
export interface Leg {
  readonly side: Side;
  readonly upstream: Upstream;
  /** Undefined: the target goes on as it came. */
  readonly rewrite: Rewrite | undefined;
  /** A request field that is dropped, as `foldName` spells it: what clients tell the gateway alone, such as an API key. */
  readonly withheld: string | undefined;
}

/** When legacy answers instead of the service (contract §3, Fallback). */
export interface FallbackRule {
  readonly leg: Leg;
  /** `safe`: GET, HEAD, OPTIONS. `unreached`: those, and any method that certainly never reached the service. */
  readonly when: 'safe' | 'unreached';
  /** Answers of the service that count as failures besides 502, 503, 504. */
  readonly status: readonly number[];
}

/** What the transport does for one exchange. Compiled once for a route and decision, shared by its requests. */
export interface Plan {
  readonly leg: Leg;
  readonly fallback: FallbackRule | undefined;
  /** Bytes of request body; beyond it 413. Infinity where nothing bounds it. */
  readonly maxBody: number;
  /** Fields for every answer on this route, flat raw pairs: Deprecation, Sunset, Link. */
  readonly fields: readonly string[];
  /** The gateway says the CORS fields; those of the upstream are dropped. */
  readonly ownsCors: boolean;
  /** Answers carry `x-figway`, which says who served and why (contract §4). */
  readonly isDebugged: boolean;
}
