/** The function: holds a webhook against its signature, and answers with a time and an id that it stamps on it. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FunctionAnswer, FunctionContext, FunctionEvent } from './runtime/function.ts';

/** Seconds by which the signature's time may differ from ours: longer, and an old delivery could be sent again. */
export const tolerance = 300;
/** Signatures of one delivery: a sender that changes its secret sends one for each. */
const maxSignatures = 5;

export const handle = async (event: FunctionEvent, _: FunctionContext): Promise<FunctionAnswer> =>
  stamp(event, { secret: process.env.STAMP_FUNCTION_SECRET ?? '', now: Date.now() });

/**
 * `x-webhook-signature: t=<seconds>,v1=<hex>` with `v1` the HMAC-SHA256 of `<t>.<body>`. The same delivery gets the same id
 * however often it comes, so that whoever keeps it can tell; a function remembers nothing.
 */
export function stamp(
  { headers, body }: FunctionEvent,
  { secret, now }: { readonly secret: string; readonly now: number },
): FunctionAnswer {
  if (secret.length < 16) throw new TypeError('the function has no secret');
  const given = headers['x-webhook-signature'];
  if (given === undefined) return refuse('signature-missing', 'expected the header x-webhook-signature');
  const signature = parseSignature(given);
  if (!signature) {
    return refuse('signature-malformed', `expected t=<seconds>,v1=<64 hex digits>, at most ${maxSignatures}`);
  }
  const bytes = Buffer.from(body, 'base64');
  const mac = (text: string, content = Buffer.alloc(0)): Buffer =>
    createHmac('sha256', secret).update(text).update(content).digest();
  const expected = mac(`${signature.t}.`, bytes);
  // All are looked at, whichever fits.
  const fits = signature.v1.map(each => timingSafeEqual(expected, Buffer.from(each, 'hex'))).includes(true);
  if (!fits) return refuse('signature-invalid', 'the signature does not verify');
  if (Math.abs(now / 1000 - signature.t) > tolerance) {
    return refuse('signature-old', `the signature is more than ${tolerance} seconds from now`);
  }
  const id = `evt_${mac(`id.${signature.t}.`, bytes).toString('hex').slice(0, 32)}`;
  const stampedAt = new Date(now).toISOString();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    status: 200,
    body: {
      id,
      signed_at: new Date(signature.t * 1000).toISOString(),
      stamped_at: stampedAt,
      bytes: bytes.length,
      sha256,
      stamp: mac(`stamp.${id}.${stampedAt}.${sha256}`).toString('hex'),
    },
  };
}

const refuse = (code: string, detail: string): FunctionAnswer => ({ status: 401, body: { code, detail } });

function parseSignature(field: string): { t: number; v1: readonly string[] } | undefined {
  const [, t, rest = ''] = /^t=(\d{1,11})((?:,v1=[0-9a-f]{64})+)$/.exec(field) ?? [];
  const v1 = rest.match(/[0-9a-f]{64}/g) ?? [];
  return t === undefined || v1.length > maxSignatures ? undefined : { t: Number(t), v1 };
}
