/**
 * The closed sets of words that every room shares (docs/glossary.md).
 * Each word has one meaning; synonyms are not used.
 */

/** How far a route has come on its way from the monolith to a service, in order. */
export const stages = ['legacy', 'shadow', 'canary', 'migrated', 'done'] as const;
export type Stage = (typeof stages)[number];

/** The two sides of a route: the monolith, and what was extracted from it. */
export type Side = 'legacy' | 'service';

/** Why a side served a request. */
export type Because = 'stage' | 'canary' | 'pin' | 'fallback' | 'hold' | 'unclaimed';

/** Who owns the data behind a route; `service` means that the monolith's copy is stale. */
export type DataOwner = 'legacy' | 'synced' | 'service';

/** Whether a guard refuses, or only counts what it would have refused. */
export type GuardMode = 'enforce' | 'observe';

/** The guards, in the order in which they run. */
export type GuardName = 'ip' | 'cors' | 'auth' | 'limit' | 'body';

/** What an admin token may do: read, move its routes, or everything. */
export type Role = 'viewer' | 'operator' | 'admin';

/** Whether the evidence allows the next stage. */
export type VerdictState = 'ready' | 'blocked' | 'pending';

/** Methods that only read (RFC 9110 §9.2.1). */
export const isSafe = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';

/** Methods whose repetition has the effect of one (RFC 9110 §9.2.2). */
export const isIdempotent = (method: string): boolean =>
  isSafe(method) || method === 'PUT' || method === 'DELETE';
