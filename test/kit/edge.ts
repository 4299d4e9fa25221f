import { expect } from 'vitest';
import { eventually } from './proxy-rig.ts';
import { openRaw, type RawAnswer, type RawClient, sendRaw, valuesOf } from './raw.ts';
import {
  openScripted,
  type Script,
  type ScriptedUpstream,
  type UpstreamConnection,
} from './scripted-upstream.ts';
import { openWorld } from './world.ts';

/** A whole gateway between raw clients and two raw upstreams, `legacy` and `orders`. */
export interface Edge extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly legacy: ScriptedUpstream;
  readonly orders: ScriptedUpstream;
  /** A client, closed with the gateway. */
  open(): Promise<RawClient>;
  /** One request on a connection of its own. */
  send(bytes: string): Promise<RawAnswer>;
  /** The request as an upstream got it: of all that came while `task` ran, from the first byte on; '' if none did. */
  forwarded(task: () => Promise<unknown>): Promise<string>;
  /** The access record of the exchange with that answer; rejects if there is none within a second. */
  recordOf(answer: RawAnswer): Promise<Record<string, unknown>>;
}

/** The table of edge.md: a route on `/orders/:id` in stage migrated, and nothing on `/files`. */
export const table = `
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}" }
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced }
`;

export async function openEdge(yaml = table): Promise<Edge> {
  const legacy = await openScripted(
    answering('HTTP/1.1 200 OK\r\nX-From: legacy\r\nContent-Length: 6\r\n\r\nlegacy'),
  );
  const orders = await openScripted(
    answering('HTTP/1.1 200 OK\r\nX-From: orders\r\nContent-Length: 6\r\n\r\norders'),
  );
  const world = await openWorld(yaml, { legacy, orders });
  const send = (bytes: string): Promise<RawAnswer> => sendRaw(world.url, bytes);
  const clients: RawClient[] = [];
  let sentinels = 0;
  return {
    url: world.url,
    adminUrl: world.adminUrl,
    legacy,
    orders,
    async open() {
      const client = await openRaw(world.url);
      clients.push(client);
      return client;
    },
    send,
    async forwarded(task) {
      const before = [legacy.received.length, orders.received.length];
      await task();
      // Whatever was on its way has been written by the time a later request has been there and back.
      const mark = `/sentinel-${++sentinels}`;
      await send(`GET ${mark} HTTP/1.1\r\nHost: shop\r\n\r\n`);
      const got = legacy.received.slice(before[0]);
      return got.slice(0, got.indexOf(`GET ${mark} `)) + orders.received.slice(before[1]);
    },
    async recordOf(answer) {
      const id = `"request_id":"${valuesOf(answer.fields, 'x-request-id')[0]}"`;
      const find = () =>
        world.log
          .flatMap(lines => lines.split('\n'))
          .find(line => line.includes(id) && !line.includes('"event":'));
      // Records are written in batches.
      await eventually(() => find() !== undefined, `a record with ${id}`, 1000);
      return JSON.parse(find() ?? '') as Record<string, unknown>;
    },
    [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      return world[Symbol.asyncDispose]();
    },
  };
}

/** Answers each request once it is whole, in order; `reply` may say what, by the request. */
export function answering(reply: string | ((request: string) => string)): Script {
  const pending = new WeakMap<UpstreamConnection, string>();
  return (bytes: string, connection: UpstreamConnection): void => {
    let left = (pending.get(connection) ?? '') + bytes;
    for (let end = endOf(left); end > 0; end = endOf(left)) {
      const text = typeof reply === 'string' ? reply : reply(left.slice(0, end));
      connection.socket.write(Buffer.from(text, 'latin1'));
      left = left.slice(end);
    }
    pending.set(connection, left);
  };
}

/** Length of the first request in there; 0 if it is not whole. */
function endOf(bytes: string): number {
  const head = bytes.indexOf('\r\n\r\n') + 4;
  if (head < 4) return 0;
  const fields = bytes.slice(0, head);
  if (/\r\ntransfer-encoding: *chunked/i.test(fields)) {
    const last = /\r\n0\r\n\r\n|^0\r\n\r\n/.exec(bytes.slice(head));
    return last === null ? 0 : head + last.index + last[0].length;
  }
  const end = head + Number(/\r\ncontent-length: *(\d+)/i.exec(fields)?.[1] ?? 0);
  return bytes.length < end ? 0 : end;
}

/** The `code` of a problem+json answer. */
export const codeOf = (answer: RawAnswer): string =>
  (JSON.parse(answer.body.toString()) as { code: string }).code;

/** A request head of HTTP/1.1 with Host and these lines. */
export const get = (target: string, ...lines: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: shop', ...lines, '', ''].join('\r\n');

export const post = (target: string, body: string, ...lines: string[]): string =>
  [`POST ${target} HTTP/1.1`, 'Host: shop', `Content-Length: ${body.length}`, ...lines, '', body].join(
    '\r\n',
  );

/** The answer to bytes of which no upstream may see any; the connection is closed after it. */
export async function refusedBy(edge: Edge, bytes: string): Promise<RawAnswer> {
  let answer: RawAnswer | undefined;
  const got = await edge.forwarded(async () => {
    const client = await edge.open();
    client.send(bytes);
    answer = await client.answer({ isHead: bytes.startsWith('HEAD ') });
    expect((await client.rest()).toString('latin1')).toBe('');
    client.close();
  });
  expect(got).toBe('');
  if (answer === undefined) throw new Error('no answer');
  expect(valuesOf(answer.fields, 'connection')).toEqual(['close']);
  expect(valuesOf(answer.fields, 'x-request-id')).toHaveLength(1);
  return answer;
}

export async function expectRefusedBy(
  edge: Edge,
  bytes: string,
  status: number,
  code: string,
): Promise<void> {
  const answer = await refusedBy(edge, bytes);
  expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status, code });
}

/** A table with a migrated route and a monolith, for peers that are trusted or not. */
export const trusting = (trust: string): string => `
monolith: legacy
trust: [${trust}]
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced }
`;

export const ordersAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norders';

/** Values of a field in the head that an upstream got, in order. */
export const valuesIn = (head: string, name: string): string[] =>
  head
    .slice(0, head.indexOf('\r\n\r\n'))
    .split('\r\n')
    .filter(line => line.toLowerCase().startsWith(`${name}:`))
    .map(line => line.slice(name.length + 1).trim());

/** The head that an upstream gets for a GET with these lines, which is answered with 200. */
export const headAt = (edge: Edge, target: string, lines: readonly string[]): Promise<string> =>
  edge.forwarded(async () => {
    expect((await edge.send(get(target, ...lines))).status).toBe(200);
  });
