import type { IncomingMessage } from 'node:http';
import { openUpstream } from './upstream.ts';

/** A real token endpoint (RFC 6749 §4.4) that can fail, recover and hang. */
export interface TokenServer extends AsyncDisposable {
  readonly url: string;
  /** What it was asked, oldest first. */
  readonly asked: readonly { readonly authorization: string | undefined; readonly form: string }[];
  /** Answers with this from now on; undefined: with a new token each time, `token-1`, `token-2`, … */
  answer(status?: number, body?: string): void;
  /** Holds answers back until the function that it returns is called. */
  hold(): () => void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function openTokenServer(lifetime = 300): Promise<TokenServer> {
  const asked: { authorization: string | undefined; form: string }[] = [];
  let fixed: { status: number; body: string } | undefined;
  let held = Promise.resolve();
  const server = await openUpstream(async (req, res) => {
    asked.push({ authorization: req.headers.authorization, form: await read(req) });
    const { status, body } = fixed ?? { status: 200, body: tokenOf(asked.length, lifetime) };
    await held;
    res.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  return {
    url: `${server.url}/oauth/token`,
    asked,
    answer(status, body = '') {
      fixed = status === undefined ? undefined : { status, body };
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    stop: server.kill,
    start: server.revive,
    [Symbol.asyncDispose]: server.close,
  };
}

const tokenOf = (number: number, lifetime: number): string =>
  JSON.stringify({ access_token: `token-${number}`, token_type: 'Bearer', expires_in: lifetime });

async function read(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}
