import {
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plain,
} from 'node:http';
import { Agent as HttpsAgent, request as secure } from 'node:https';
import type { Tls } from './tls.ts';

/** Sends requests over connections that are kept alive. What it rejects with is what Node says: `code` tells refused from reset. */
export interface HttpClient {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends all connections. */
  close(): void;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends it, up to the last byte of the answer. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Bytes that an answer may have. */
export const maxAnswer = 4 * 1024 * 1024;

/** An answer with more than `maxAnswer` bytes. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

const connections = { keepAlive: true, maxSockets: 64, maxFreeSockets: 8 };

/** @param tls shown to, and asked of, servers with an `https:` address. */
export function createHttpClient(tls?: Tls): HttpClient {
  const agents = {
    http: new HttpAgent(connections),
    https: new HttpsAgent({ ...connections, ...(tls && { ca: tls.ca, cert: tls.cert, key: tls.key }) }),
  };
  return {
    async send({ url, method, headers, body, signal }) {
      signal.throwIfAborted();
      const options = { method, headers, signal };
      const req =
        url.protocol === 'https:'
          ? secure(url, { ...options, agent: agents.https })
          : plain(url, { ...options, agent: agents.http });
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        req.once('response', resolve);
        req.on('error', reject);
      });
      if (body !== undefined) req.setHeader('content-length', Buffer.byteLength(body));
      req.end(body);
      const res = await answered;
      return { status: res.statusCode ?? 0, headers: res.headers, body: await readAnswer(res) };
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function readAnswer(res: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of res as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswer) throw new AnswerTooLarge(`the answer has more than ${maxAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
