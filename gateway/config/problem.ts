/** Where in which file; lines and columns start at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A path into the parsed file: `['routes', 'orders', 'percent']`. */
export type KeyPath = readonly (string | number)[];

/** What a room's check finds; `config/` gives it its place. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** Stable: `routes-overlap`, `unknown-key`, `not-yet`. */
  readonly code: string;
  readonly path: KeyPath;
  /** Point at the key instead of its value. */
  readonly atKey?: boolean;
  readonly message: string;
  /** A request that shows it: `GET /orders/1`. */
  readonly request?: string;
  readonly fix?: string;
}

/** A finding with its place: `routes.yaml:14:7 error routes.orders.percent: expected 0 to 100, got 140`. */
export interface Problem extends Finding, Place {}
