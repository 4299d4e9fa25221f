import type { Call } from './endpoint.ts';
import { Problem } from './problem.ts';

/**
 * The `Idempotency-Key` of a call, made one with its caller, so that nobody meets another's keys; undefined where there
 * is none. Throws the Problem 400 `bad-idempotency-key`.
 */
export function idempotencyKeyOf({ headers, caller }: Pick<Call, 'headers' | 'caller'>): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined) return undefined;
  if (typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given)) return `${caller.sub} ${given}`;
  throw bad('bad-idempotency-key', 'expected 1 to 128 visible characters');
}

/** The same where a call needs one: the Problem 400 `idempotency-key-missing` without. */
export function requireIdempotencyKey(call: Pick<Call, 'headers' | 'caller'>): string {
  const key = idempotencyKeyOf(call);
  if (key !== undefined) return key;
  throw bad('idempotency-key-missing', 'this needs Idempotency-Key, so that it can be repeated safely');
}

const bad = (code: string, detail: string): Problem =>
  new Problem(400, code, detail, { errors: [{ field: 'header:idempotency-key', detail }] });
