import { fieldValue } from '../core/headers.ts';
import { fieldRule } from './canonical/headers.ts';
import type { Answer } from './comparison.ts';

type Sent = Pick<Answer, 'body' | 'digest'>;

/** Same status, same bytes, and fields that differ in nothing but what is not compared: most traffic ends here. */
export function isPlainlySame(method: string, legacy: Answer, service: Answer): boolean {
  if (legacy.status !== service.status || !isPlainlySameHead(legacy.fields, service.fields)) return false;
  if (!isSameSent(legacy, service)) return false;
  return method === 'HEAD' || isWhole(legacy, service);
}

/** Of flat raw pairs in the same order. */
function isPlainlySameHead(legacy: readonly string[], service: readonly string[]): boolean {
  if (legacy.length !== service.length) return false;
  for (let i = 0; i < legacy.length; i += 2)
    if (!isPlainlySameField(legacy[i] as string, service[i] as string, legacy[i + 1] === service[i + 1]))
      return false;
  return true;
}

function isPlainlySameField(legacy: string, service: string, isSameValue: boolean): boolean {
  if (isSameValue && legacy === service) return true;
  const name = legacy.toLowerCase();
  if (name !== service.toLowerCase()) return false;
  if (isSameValue) return true;
  const rule = fieldRule(name);
  return name !== 'connection' && (rule === 'dropped' || rule === 'presence');
}

function isWhole(legacy: Answer, service: Answer): boolean {
  const length = sentLength(legacy);
  return (announcedLength(legacy) ?? 0) <= length && (announcedLength(service) ?? 0) <= length;
}

/** The same bytes came, as far as hash and length can say it. */
export function isSameSent(legacy: Sent, service: Sent): boolean {
  const [l, s] = [legacy.digest, service.digest];
  if (l === undefined && s === undefined) return isSameBytes(legacy.body, service.body);
  return l?.sha256 === s?.sha256 && l?.bytes === s?.bytes;
}

export const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && Buffer.compare(a, b) === 0;

/** Bytes of the body as sent. */
export const sentLength = ({ digest, body }: Sent): number => digest?.bytes ?? body.length;

/** Content-Length counts where nothing else frames the message (RFC 9112 §6.3). */
export function announcedLength({ fields }: Pick<Answer, 'fields'>): number | undefined {
  const length = fieldValue(fields, 'content-length');
  if (length === undefined || !/^\d{1,15}$/.test(length.trim())) return undefined;
  return fieldValue(fields, 'transfer-encoding') === undefined ? Number(length) : undefined;
}
