/**
 * A customer's visit to the shop, recorded as raw answers: pages, forms, downloads, streams. Run against two
 * identical monoliths, one of them behind a gateway, it shows what the gateway changes.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';

export interface SessionRequest {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form, unless `headers` names another type. */
  readonly body?: string;
  /** Leaves as soon as the body holds this text: for a stream without end. */
  readonly until?: string;
}

export interface RawAnswer {
  readonly name: string;
  readonly status: number;
  readonly statusText: string;
  readonly httpVersion: string;
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
}

const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();
const credentials = { email: 'alice@example.com', password: 'wonderland' };

/** In this order: cookies and ids carry over from one to the next. */
export const shopSession: readonly SessionRequest[] = [
  { name: 'home', method: 'GET', path: '/' },
  { name: 'stylesheet', method: 'GET', path: '/static/shop.css' },
  { name: 'image', method: 'GET', path: '/static/fig.png' },
  { name: 'part of an image', method: 'GET', path: '/static/fig.png', headers: { range: 'bytes=8-23' } },
  { name: 'range beyond the end', method: 'GET', path: '/static/fig.png', headers: { range: 'bytes=9999-' } },
  { name: 'catalogue', method: 'GET', path: '/shop?category=kitchen&q=tea%20pot' },
  { name: 'product', method: 'GET', path: '/shop/7' },
  { name: 'head of a product', method: 'HEAD', path: '/shop/7' },
  { name: 'latin-1 page', method: 'GET', path: '/about' },
  { name: 'add to cart', method: 'POST', path: '/cart', body: form({ product_id: '7', quantity: '2' }) },
  { name: 'add an umlaut', method: 'POST', path: '/cart', body: form({ product_id: '146', quantity: '1' }) },
  { name: 'add nothing', method: 'POST', path: '/cart', body: form({ product_id: 'ü', quantity: '0' }) },
  { name: 'cart', method: 'GET', path: '/cart' },
  { name: 'checkout as a stranger', method: 'POST', path: '/checkout', body: form({}) },
  { name: 'whoami as a stranger', method: 'GET', path: '/session/whoami' },
  { name: 'login form', method: 'GET', path: '/login?next=/cart' },
  { name: 'wrong login', method: 'POST', path: '/login', body: form({ ...credentials, password: 'no' }) },
  { name: 'login', method: 'POST', path: '/login', body: form({ ...credentials, next: '/cart' }) },
  { name: 'whoami', method: 'GET', path: '/session/whoami' },
  { name: 'cart after login', method: 'GET', path: '/cart' },
  { name: 'declined card', method: 'POST', path: '/checkout', body: form({ card: '4000000000000002' }) },
  { name: 'checkout', method: 'POST', path: '/checkout', body: form({ card: '4111111111111111' }) },
  { name: 'history', method: 'GET', path: '/account/orders' },
  { name: 'order page', method: 'GET', path: '/account/orders/2401' },
  { name: "somebody else's order", method: 'GET', path: '/account/orders/42' },
  { name: 'invoice as CSV', method: 'GET', path: '/account/orders/2401/invoice.csv' },
  { name: 'invoice as PDF', method: 'GET', path: '/account/orders/2401/invoice.pdf' },
  { name: 'order as JSON', method: 'GET', path: '/orders/2401' },
  {
    name: 'order not modified',
    method: 'GET',
    path: '/orders/42',
    headers: { 'if-none-match': 'W/"42-20240320170707"' },
  },
  { name: 'head of an order', method: 'HEAD', path: '/orders/42' },
  { name: 'lines as JSON', method: 'GET', path: '/orders/42/lines' },
  { name: 'an error inside 200', method: 'GET', path: '/orders/999999' },
  { name: 'list as JSON', method: 'GET', path: '/orders?user_id=1&status=delivered' },
  {
    name: 'order by JSON',
    method: 'POST',
    path: '/orders',
    headers: { 'content-type': 'application/json' },
    body: '{"user_id":5,"lines":[{"product_id":1,"quantity":1}],"card":"4111111111111111"}',
  },
  {
    name: 'broken JSON',
    method: 'POST',
    path: '/orders',
    headers: { 'content-type': 'application/json' },
    body: '{"user_id":',
  },
  { name: 'slow report', method: 'GET', path: '/reports/sales' },
  { name: 'streaming export', method: 'GET', path: '/export/orders.csv' },
  { name: 'ticker', method: 'GET', path: '/events/orders', until: 'id: 2402' },
  {
    name: 'ticker resumed',
    method: 'GET',
    path: '/events/orders',
    headers: { 'last-event-id': '2390' },
    until: 'id: 2402',
  },
  { name: 'not found', method: 'GET', path: '/nowhere?a=1&a=2' },
  { name: 'unknown method', method: 'DELETE', path: '/orders/42' },
  { name: 'options', method: 'OPTIONS', path: '/orders/42' },
  { name: 'logout', method: 'POST', path: '/logout', body: form({}) },
  { name: 'history after logout', method: 'GET', path: '/account/orders' },
];

/** Plays the session like one browser: one connection, one cookie jar, and always the same Host. */
export async function playShopSession(
  url: string,
  requests: readonly SessionRequest[] = shopSession,
): Promise<readonly RawAnswer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const cookies = new Map<string, string>();
  const answers: RawAnswer[] = [];
  try {
    for (const step of requests) answers.push(await play(url, step, cookies, agent));
  } finally {
    agent.destroy();
  }
  return answers;
}

function play(
  url: string,
  step: SessionRequest,
  cookies: Map<string, string>,
  agent: Agent,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      host: 'shop.example.com',
      accept: 'text/html, */*;q=0.8',
      'user-agent': 'Recorded/1.0',
      ...(cookie && { cookie }),
      ...(step.body !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(step.body)),
      }),
      ...step.headers,
    };
    const req = request(new URL(step.path, url), { method: step.method, headers, agent }, async res => {
      try {
        const body = await read(res, step.until);
        keepCookies(cookies, res.headers['set-cookie'] ?? []);
        resolve({
          name: step.name,
          status: res.statusCode ?? 0,
          statusText: res.statusMessage ?? '',
          httpVersion: res.httpVersion,
          headers: res.rawHeaders,
          body,
          trailers: res.rawTrailers,
        });
      } catch (error) {
        reject(error);
      }
    });
    req.on('error', reject);
    req.end(step.body);
  });
}

async function read(res: IncomingMessage, until: string | undefined): Promise<Buffer> {
  let body = Buffer.alloc(0);
  for await (const chunk of res as AsyncIterable<Buffer>) {
    body = Buffer.concat([body, chunk]);
    if (until === undefined) continue;
    const found = body.indexOf(until);
    const end = found < 0 ? -1 : body.indexOf('\n\n', found);
    if (end < 0) continue;
    res.destroy();
    return body.subarray(0, end + 2);
  }
  return body;
}

function keepCookies(cookies: Map<string, string>, fields: readonly string[]): void {
  for (const field of fields) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(field) ?? [];
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
}

/** A monolith whose clock stands still and whose ids count up: any two of them answer the same, byte for byte. */
export function openTwin(): Promise<Monolith> {
  let ids = 0;
  return startMonolith({
    port: 0,
    now: () => Date.UTC(2026, 2, 4, 4, 6, 7),
    newId: () => {
      ids += 1;
      return `session-${ids}`;
    },
    reportDelay: 50,
  });
}
