import type { IncomingMessage } from 'node:http';
import type { BodyType } from './endpoint.ts';
import { Problem } from './problem.ts';

/** Bytes that a request body may have. */
export const maxBody = 64 * 1024;

const types: Readonly<Record<BodyType, { readonly is: RegExp; readonly name: string }>> = {
  json: { is: /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i, name: 'application/json' },
  form: { is: /^application\/x-www-form-urlencoded\s*(?:;|$)/i, name: 'application/x-www-form-urlencoded' },
  any: { is: /^/, name: 'anything' },
};

/** The whole body; empty if there is none. Problem 413 beyond `maxBody`, declared or not, 415 for another type. */
export async function readBody(req: IncomingMessage, type: BodyType): Promise<Buffer> {
  const declared = req.headers['content-length'];
  if (declared === undefined && req.headers['transfer-encoding'] === undefined) return Buffer.alloc(0);
  if (declared === '0') return Buffer.alloc(0);
  if (!types[type].is.test(req.headers['content-type'] ?? '')) {
    throw new Problem(415, 'unsupported-type', `expected content-type ${types[type].name}`);
  }
  const tooLarge = new Problem(413, 'body-too-large', `a body has at most ${maxBody} bytes`);
  if (Number(declared ?? 0) > maxBody) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBody) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    // A client that goes away in the middle is no fault of the service's.
    throw error === tooLarge ? error : new Problem(400, 'body-incomplete', 'the body ended before its end');
  }
  return Buffer.concat(chunks);
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    const detail = 'expected JSON in UTF-8';
    throw new Problem(400, 'bad-json', detail, { errors: [{ field: '$', detail }] });
  }
}
