import type { RequestListener } from 'node:http';
import type { BreakerOptions } from '../../extracted-services/chassis/breaker.ts';
import type { Service } from '../../extracted-services/chassis/service.ts';
import { startWebBff, type WebBffOptions } from '../../extracted-services/web-bff/service.ts';
import type { PeerName, Shop } from './peers.ts';
import { openUpstream, type ScriptedUpstream } from './upstream.ts';

/** What a BFF answered; the tests look at it field by field. */
export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: fields of an answer, which the assertions type by what they expect
  readonly body: any;
  readonly bytes: number;
}

/** Asks with a token; with an empty one, without. */
export async function askAt(url: string, path: string, token: string, json?: unknown): Promise<Asked> {
  const answer = await fetch(url + path, {
    method: json === undefined ? 'GET' : 'POST',
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json');
  const body: unknown = isJson ? JSON.parse(text) : text;
  return { status: answer.status, headers: answer.headers, body, bytes: Buffer.byteLength(text) };
}

export interface WebBffRig extends AsyncDisposable {
  readonly service: Service;
  readonly log: readonly string[];
  ask(path: string, token?: string): Promise<Asked>;
  query(query: string, more?: { variables?: object; token?: string; operationName?: string }): Promise<Asked>;
}

/** The web BFF in front of a shop; `urls` puts other peers in the place of some. */
export async function openWebBff(
  shop: Shop,
  options: Partial<Omit<WebBffOptions, 'peers'>> & {
    readonly urls?: Partial<Record<PeerName, string>>;
    readonly timeout?: number;
    readonly breaker?: BreakerOptions;
  } = {},
): Promise<WebBffRig> {
  const log: string[] = [];
  const { urls, timeout, breaker, ...more } = options;
  const service = await startWebBff({
    issuers: shop.issuers,
    log: line => log.push(line),
    ...more,
    peers: { urls: { ...shop.urls, ...urls }, timeout, breaker },
  });
  return {
    service,
    log,
    ask: (path, token = shop.token()) => askAt(service.url, path, token),
    query: (query, { token = shop.token(), ...rest } = {}) =>
      askAt(service.url, '/v1/graphql', token, { query, ...rest }),
    [Symbol.asyncDispose]: () => service.close(),
  };
}

/** Something in the place of a service that answers as it is told; gone after use. */
export async function openPeer(listener: RequestListener): Promise<ScriptedUpstream & AsyncDisposable> {
  const peer = await openUpstream(listener);
  return Object.assign(peer, { [Symbol.asyncDispose]: () => peer.close() });
}
