import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { type TlsTexts, toTlsOptions } from '../../config/tls.ts';

export interface FetchOptions {
  /** Milliseconds for the whole answer. */
  readonly timeout: number;
  /** Bytes of body. */
  readonly size: number;
  /** Gives up early. */
  readonly signal: AbortSignal;
  readonly tls: TlsTexts | undefined;
}

/**
 * GET of a JSON document on a connection of its own. Follows no redirect: whoever answers one could name any address.
 * Rejects with a message for people unless a 200 with JSON comes whole and within the bounds.
 */
export async function fetchJson(url: string, options: FetchOptions): Promise<unknown> {
  const { timeout } = options;
  const deadline = AbortSignal.timeout(timeout);
  const signal = AbortSignal.any([options.signal, deadline]);
  try {
    return JSON.parse(await fetchText(url, { ...options, signal }));
  } catch (error) {
    if (deadline.aborted) throw new Error(`no whole answer within ${timeout} ms`);
    if (error instanceof SyntaxError) throw new Error('the answer is not JSON');
    throw error;
  }
}

function fetchText(url: string, { size, signal, tls }: FetchOptions): Promise<string> {
  const get = url.startsWith('https:') ? getHttps : getHttp;
  const options = { agent: false, signal, headers: { accept: 'application/json' }, ...toTlsOptions(tls) };
  return new Promise((resolve, reject) => {
    const request = get(url, options, response => {
      const fail = (message: string): void => void request.destroy(new Error(message));
      response.on('error', reject);
      if (response.statusCode !== 200) return fail(`it answered ${response.statusCode}`);
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > size) fail(`the answer has more than ${size} bytes`);
        else chunks.push(chunk);
      });
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    request.on('error', reject);
  });
}
