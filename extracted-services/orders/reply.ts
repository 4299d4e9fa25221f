import type { OutgoingAnswer } from '../chassis/outgoing.ts';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (json: unknown): Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : {};

/** Answers that say nothing about the request itself: the token, the load, another operation in the way. */
const passing = new Set([401, 403, 408, 425, 429]);
const passingCodes = new Set(['payment-busy']);

/** Undefined where the request was met; what was said against it; or an OutgoingFailure where it may be met later. */
export function refusalOf(
  service: string,
  { status, json }: OutgoingAnswer,
): { readonly kind: 'refused'; readonly code: string; readonly detail: string } | undefined {
  if (status < 400) return undefined;
  const { code, detail } = fieldsOf(json);
  const word = typeof code === 'string' && /^[a-z-]{1,40}$/.test(code) ? code : `status-${status}`;
  if (passing.has(status) || passingCodes.has(word)) {
    throw new OutgoingFailure(service, 'status', { detail: `answered ${status} ${word}`, status });
  }
  return { kind: 'refused', code: word, detail: typeof detail === 'string' ? detail.slice(0, 200) : word };
}
