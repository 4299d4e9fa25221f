import type { Caller } from './auth.ts';
import { Problem } from './problem.ts';

/** The user that a token speaks for. Throws the Problem 403 `not-a-user` for a service, or whoever else has no number. */
export function personOf({ sub }: Caller): number {
  const id = toId(sub);
  if (id === 0) throw new Problem(403, 'not-a-user', 'the token speaks for no user');
  return id;
}

/** An id from a path; 0 if it is none. */
export const toId = (text: string): number => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0);
