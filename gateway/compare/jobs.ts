import type { Exchange } from '../core/exchange.ts';
import type { Side } from '../core/vocabulary.ts';
import { toComparedFields } from '../proxy/compared-head.ts';
import { clientOrigin } from '../proxy/location.ts';
import type { Answered } from './pairing.ts';
import { whoOf } from './request-hash.ts';
import type { Shadowing } from './shadowing.ts';
import type { JobAnswer, PairJob } from './thread.ts';

export interface HeardPair {
  readonly legacy: Answered;
  readonly service: Answered;
  readonly legacy2: Answered | undefined;
  readonly upload: readonly Uint8Array[];
}

/** What the comparing thread gets of a pair: answers as the client would see them, and whose request it was. */
export function toJob(
  exchange: Exchange,
  shadowing: Shadowing,
  { legacy, service, legacy2, upload }: HeardPair,
  done: PairJob['done'],
): PairJob {
  const client = clientOrigin(exchange);
  const toAnswer = (side: Side, { status, fields, body, origin, ms = 0 }: Answered): JobAnswer => {
    const { rewrite } = shadowing.legs[side];
    const address = { upstream: origin.toLowerCase(), client, rewrite };
    return {
      status,
      fields: toComparedFields(fields, address, shadowing),
      chunks: body.chunks,
      digest: body.digest,
      ms,
    };
  };
  return {
    rules: shadowing.rules,
    method: exchange.method,
    target: exchange.target.raw,
    who: whoOf(exchange),
    upload,
    legacy: toAnswer('legacy', legacy),
    service: toAnswer('service', service),
    legacy2: legacy2 && toAnswer('legacy', legacy2),
    done,
  };
}
