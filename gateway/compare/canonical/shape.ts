import { createHmac, type Hmac } from 'node:crypto';
import { ExactNumber } from './decimal.ts';
import { Repeated, type Value } from './value.ts';

/** What is told of a value that is not kept itself: equal values have equal shapes, and no shape leads back to a value. */
export interface ValueShape {
  /** Characters of a text or number, items of a list, members of an object, bytes of what nobody can read. */
  readonly length: number;
  /** 16 hex digits by a key that is kept nowhere; they say nothing once the process has ended. */
  readonly hash: string;
}

/** @param isSecret whether what stands there is left out of the hash; asked of every member and item. */
export type ToShape = (value: Value, isSecret: IsSecret) => ValueShape;

type Step = string | number;
type IsSecret = (below: readonly Step[]) => boolean;

/** @param key 32 random bytes or more. */
export const createToShape =
  (key: Uint8Array): ToShape =>
  (value, isSecret) => {
    const hmac = createHmac('sha256', key);
    feed(hmac, value, [], isSecret);
    return { length: lengthOf(value), hash: hmac.digest('hex').slice(0, 16) };
  };

/** Recursive, but never deeper than bodies are (`maxDepth`). Each part says its kind and length: no two values are fed alike. */
function feed(hmac: Hmac, value: Value, below: readonly Step[], isSecret: IsSecret): void {
  if (value instanceof Repeated) {
    feed(hmac, value.last, below, isSecret);
  } else if (Array.isArray(value)) {
    hmac.update(`[${value.length};`);
    for (const [index, item] of value.entries()) feedInside(hmac, index, item, below, isSecret);
  } else if (value instanceof ExactNumber) {
    hmac.update(`n${value.key};`);
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    hmac.update(`{${members.length};`);
    for (const [name, inner] of members) {
      feedText(hmac, name);
      feedInside(hmac, name, inner, below, isSecret);
    }
  } else if (typeof value === 'string') {
    feedText(hmac, value);
  } else {
    hmac.update(typeof value === 'number' ? `n${value === 0 ? 0 : value};` : `${value};`);
  }
}

function feedInside(hmac: Hmac, step: Step, inner: Value, below: readonly Step[], isSecret: IsSecret): void {
  const there = [...below, step];
  if (isSecret(there)) hmac.update('*;');
  else feed(hmac, inner, there, isSecret);
}

function feedText(hmac: Hmac, text: string): void {
  hmac.update(`s${text.length};`);
  hmac.update(text);
}

function lengthOf(value: Value): number {
  if (value instanceof Repeated) return lengthOf(value.last);
  if (value instanceof ExactNumber) return value.text.length;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : `${value}`.length;
}
