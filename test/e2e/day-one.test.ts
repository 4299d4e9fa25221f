import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import { freePort } from '../kit/free-port.ts';
import { root } from '../kit/process.ts';
import { openRaw, type RawAnswer as WireAnswer } from '../kit/raw.ts';
import { openTwin, playShopSession, type RawAnswer } from '../kit/shop-session.ts';
import { openTap, type SeenRequest, type Tap } from '../kit/tap.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

/** The same monolith twice: one asked directly, one through a gateway; what each of them is asked is recorded. */
interface Twins {
  readonly direct: string;
  readonly through: string;
  readonly seenDirect: Tap['seen'];
  readonly seenThrough: Tap['seen'];
  close(): Promise<void>;
}

const noRoutes = `
admin: { listen: "\${FIGWAY_ADMIN_LISTEN}" }
store: { path: "\${FIGWAY_STORE}" }
monolith: legacy
upstreams: { legacy: { url: "\${LEGACY_URL}" } }
`;

const tables = [
  { name: 'with no routes', yaml: async () => noRoutes },
  {
    name: 'with the shipped routes, all in stage legacy, and no service there yet',
    yaml: () => readFile(join(root, 'routes.yaml'), 'utf8'),
  },
];

describe.each(tables)('day one, $name', ({ yaml }) => {
  let twins: Twins;
  let direct: readonly RawAnswer[];
  let through: readonly RawAnswer[];
  let asked: { direct: readonly SeenRequest[]; through: readonly SeenRequest[] };

  beforeAll(async () => {
    twins = await openTwins(await yaml());
    direct = await playShopSession(twins.direct);
    through = await playShopSession(twins.through);
    asked = { direct: [...twins.seenDirect], through: twins.seenThrough.filter(isOfClients) };
  });
  afterAll(() => twins.close());

  it('gives a customer the same pages, forms, downloads and streams', () => {
    expect(direct.length).toBeGreaterThan(40);
    expect(through.map(toComparable)).toEqual(direct.map(toComparable));
    expect(through.every(answer => fieldNames(answer.headers).includes('x-request-id'))).toBe(true);
  });

  it('asks the monolith for the same, but for the fields that the gateway owns', () => {
    expect(asked.direct.length).toBe(direct.length);
    expect(asked.through.map(toAsked)).toEqual(asked.direct.map(toAsked));
    for (const { fields } of asked.through) {
      const added = toPairs(fields).filter(([name]) => addedToRequests.has(name.toLowerCase()));
      expect(added).toEqual([
        ['x-forwarded-for', '127.0.0.1'],
        ['x-forwarded-proto', 'http'],
        ['x-forwarded-host', 'shop.example.com'],
        ['x-forwarded-port', '80'],
        ['x-request-id', expect.stringMatching(/^[0-9a-f]{32}$/)],
        ['traceparent', expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)],
        ['via', '1.1 figway'],
      ]);
    }
  });

  it.each(oddRequests())('answers as before: %s', async (_, bytes) => {
    const before = { direct: twins.seenDirect.length, through: twins.seenThrough.length };

    const one = await exchange(twins.direct, bytes);
    const other = await exchange(twins.through, bytes);

    expect(one.length).toBeGreaterThan(0);
    expect(other.map(toComparable)).toEqual(one.map(toComparable));
    expect(twins.seenThrough.slice(before.through).map(toAsked)).toEqual(
      twins.seenDirect.slice(before.direct).map(toAsked),
    );
  });

  it('lets each event of a stream arrive before the next one happens', async () => {
    const one = await watchOrders(twins.direct);
    const other = await watchOrders(twins.through);

    expect(one).toHaveLength(4);
    expect(other).toEqual(one);
  });
});

/** Whose a session is, the gateway asks for itself: the shipped table observes who would come in. */
const isOfClients = ({ line, fields }: SeenRequest): boolean =>
  !line.startsWith('GET /session/whoami') || fields.some(field => /^user-agent$/i.test(field));

/** What clients and monoliths of every age send, in bytes: the answer is the same, and so is what was asked. */
function oddRequests(): [name: string, bytes: string][] {
  const get = (target: string, ...fields: string[]): string =>
    [`GET ${target} HTTP/1.1`, 'Host: shop.example.com', ...fields, '', ''].join('\r\n');
  const post = (body: string, ...fields: string[]): string =>
    `${['POST /cart HTTP/1.1', 'Host: shop.example.com', 'Content-Type: application/x-www-form-urlencoded', ...fields].join('\r\n')}\r\n\r\n${body}`;
  const body = 'product_id=7&quantity=1';
  return [
    ['an empty segment', get('/shop//7')],
    ['a dot segment', get('/shop/../shop/7')],
    ['an encoded slash', get('/shop%2F7')],
    ['an encoded letter', get('/%73hop/7')],
    ['an invalid escape', get('/shop/%zz?q=%')],
    ['a parameter', get('/shop/7;v=1')],
    ['capitals', get('/Shop/7')],
    ['a trailing slash', get('/orders/42/')],
    ['a trailing slash of a page', get('/shop/?q=')],
    ['a query that is empty', get('/shop?')],
    ['a query with everything', get('/shop?q=a+b&q=%C3%BC&&=&[x]={y}|z')],
    ['two question marks', get('/shop?a?b')],
    [
      'fields in odd spellings',
      get('/', 'ACCEPT: text/html', 'accept: */*', 'X-Empty:', 'x_y: 1', 'X-Y:  2 '),
    ],
    ['bytes above ASCII in a field', get('/', 'X-Name: J\xf6rg')],
    ['a cookie twice', get('/cart', 'Cookie: a=1', 'Cookie: b=2; c="3"')],
    ['names that Node joins or drops', get('/', 'Age: 1', 'Age: 2', 'Referer: a', 'Referer: b')],
    ['a conditional GET', get('/static/shop.css', 'If-Modified-Since: Thu, 31 Dec 2099 00:00:00 GMT')],
    ['several ranges', get('/static/fig.png', 'Range: bytes=0-3,8-11')],
    ['no compression asked', get('/shop', 'Accept-Encoding: identity')],
    ['a connection that closes', get('/', 'Connection: close')],
    ['a GET with a body', `${get('/orders/42', 'Content-Length: 2')}{}`],
    ['a method override', post(body, 'X-HTTP-Method-Override: PUT', `Content-Length: ${body.length}`)],
    [
      'a form in chunks',
      post(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`, 'Transfer-Encoding: chunked'),
    ],
    [
      'a form that waits for 100 Continue',
      post(body, 'Expect: 100-continue', `Content-Length: ${body.length}`),
    ],
    ['an empty form', post('', 'Content-Length: 0')],
    ['a form without a length', post('')],
    ['a form over the bound', post('x'.repeat(70_000), 'Content-Length: 70000')],
    ['HTTP/1.0', 'GET /shop/7 HTTP/1.0\r\nHost: shop.example.com\r\n\r\n'],
    [
      'HTTP/1.0 kept alive',
      'GET /shop/7 HTTP/1.0\r\nHost: shop.example.com\r\nConnection: keep-alive\r\n\r\n',
    ],
    ['HTTP/1.0 and a stream', 'GET /export/orders.csv HTTP/1.0\r\nHost: shop.example.com\r\n\r\n'],
    ['PUT', 'PUT /cart HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 1\r\n\r\nx'],
    ['PATCH without a body', 'PATCH /shop/7 HTTP/1.1\r\nHost: shop.example.com\r\n\r\n'],
    ['a method of WebDAV', 'PROPFIND /shop HTTP/1.1\r\nHost: shop.example.com\r\n\r\n'],
    ['HEAD of a stream', 'HEAD /export/orders.csv HTTP/1.1\r\nHost: shop.example.com\r\n\r\n'],
    ['HEAD of nothing', 'HEAD /nowhere HTTP/1.1\r\nHost: shop.example.com\r\n\r\n'],
    ['two requests at once', get('/shop/7') + get('/shop/8')],
  ];
}

/** Sends the bytes on one connection, and returns the answers to all requests in them, interim ones included. */
async function exchange(url: string, bytes: string): Promise<WireAnswer[]> {
  const client = await openRaw(url);
  const answers: WireAnswer[] = [];
  let missing = bytes.match(/^[A-Z]+ \S+ HTTP\/1\.[01]\r$/gm)?.length ?? 1;
  try {
    client.send(bytes);
    while (missing > 0) {
      const answer = await client.answer({ isHead: bytes.startsWith('HEAD ') });
      answers.push(answer);
      if (answer.status >= 200) missing--;
    }
    return answers;
  } finally {
    client.close();
  }
}

/** The events as they arrived: three old ones, and then the one of an order that is placed only now. */
async function watchOrders(url: string): Promise<string[]> {
  const event = /id: \d+\nevent: \w+\ndata: .*\n/;
  const events = (count: number): RegExp => new RegExp(`(?:${event.source}[^]*?){${count}}`);
  const client = await openRaw(url);
  client.send('GET /events/orders HTTP/1.1\r\nHost: shop.example.com\r\n\r\n');
  await client.until(events(3));
  await placeOrder(url);
  const seen = await client.until(events(4));
  client.close();
  return seen.match(new RegExp(event, 'g')) ?? [];
}

async function placeOrder(url: string): Promise<void> {
  const agent = new Agent();
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const req = request(new URL('/orders', url), { method: 'POST', headers, agent }, res => {
      res.resume().on('end', resolve);
    });
    req.on('error', reject);
    req.end('{"user_id":5,"lines":[{"product_id":1,"quantity":1}],"card":"4111111111111111"}');
  });
  agent.destroy();
}

/** Fields of one connection, which end with it (RFC 9110 §7.6.1). */
const ofTheConnection = new Set(['connection', 'keep-alive']);
const addedToAnswers = new Set(['x-request-id', 'x-figway']);
const addedToRequests = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-request-id',
  'traceparent',
  'via',
]);
/** Their place and spelling are the gateway's (contract §4). */
const framing = new Set(['host', 'content-length', 'transfer-encoding', 'expect']);

const toPairs = (fields: readonly string[]): [string, string][] =>
  fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? ''] as [string, string]] : []));

const fieldNames = (fields: readonly string[]): string[] =>
  toPairs(fields).map(([name]) => name.toLowerCase());

const without = (fields: readonly string[], ...sets: ReadonlySet<string>[]): string[] =>
  toPairs(fields)
    .filter(([name]) => !sets.some(set => set.has(name.toLowerCase())))
    .map(([name, value]) => `${name}: ${value}`);

/** All of an answer but for the fields that the gateway may add. */
function toComparable(answer: RawAnswer | WireAnswer) {
  const { headers, statusText, ...rest } =
    'headers' in answer ? answer : { ...answer, headers: answer.fields, statusText: answer.reason };
  return {
    ...rest,
    reason: statusText,
    fields: without(headers, ofTheConnection, addedToAnswers),
    body: rest.body.toString('latin1'),
  };
}

/** All of a request but for the fields that the gateway owns; Host and framing apart from the order of the others. */
function toAsked({ line, fields, body }: SeenRequest) {
  const own = toPairs(fields).filter(([name]) => name.toLowerCase() === 'host');
  return {
    // The version is that of each connection (RFC 9110 §6.2).
    line: line.replace(/ HTTP\/1\.[01]$/, ''),
    host: own.map(([, value]) => value),
    fields: without(fields, ofTheConnection, addedToRequests, framing),
    body: body.toString('latin1'),
  };
}

async function openTwins(yaml: string): Promise<Twins> {
  const [one, other] = [await openTwin(), await openTwin()];
  const [tapDirect, tapThrough] = [await openTap(one.url), await openTap(other.url)];
  const folder = await openTempFolder();
  const gateway = await openGateway(yaml, folder.path, tapThrough.url);
  return {
    direct: tapDirect.url,
    through: gateway.url,
    seenDirect: tapDirect.seen,
    seenThrough: tapThrough.seen,
    async close() {
      await gateway.close();
      await Promise.all([tapDirect.close(), tapThrough.close()]);
      await Promise.all([one.close(), other.close()]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function openGateway(yaml: string, folder: string, legacy: string): Promise<Gateway> {
  const file = join(folder, 'routes.yaml');
  await writeFile(file, yaml);
  const env = {
    FIGWAY_LISTEN: '127.0.0.1:0',
    FIGWAY_ADMIN_LISTEN: '127.0.0.1:0',
    FIGWAY_STORE: join(folder, 'figway.db'),
    LEGACY_URL: legacy,
    ORDERS_URL: `http://127.0.0.1:${await freePort()}`,
  };
  return startGateway({ file, env, stdout: () => {}, isHuman: false });
}
