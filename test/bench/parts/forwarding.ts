import { figure } from '../asks.ts';
import { get } from '../children.ts';
import { type Figway, openFigway } from '../figway.ts';
import { type LoadResult, saturate } from '../load.ts';
import type { Bench, Part } from '../part.ts';
import { processorTime } from '../processor-time.ts';
import { ceiling, peers, stock } from '../proxies.ts';
import { claimed, fullEdge, token, unclaimed } from '../routes-file.ts';
import { itemPath, type Server } from '../server.ts';
import { decimal, median, ratioInTurn, spread, whole } from '../statistics.ts';
import { openUpstream } from '../upstream.ts';

const names = {
  unclaimed: 'figway, unclaimed to legacy',
  claimed: 'figway, a claimed route',
  full: 'figway, full edge',
};

interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly headers: Readonly<Record<string, string>>;
  open(): Promise<Server>;
}

interface Measured {
  readonly contestant: Contestant;
  readonly results: readonly LoadResult[];
  /** Share of its core that the proxy used, in each round; empty where the system does not tell. */
  readonly busy: readonly number[];
}

/** Throws unless this gateway really asks for a token and counts: else the figure would flatter. */
async function verifyFullEdge(figway: Figway, headers: Record<string, string>): Promise<void> {
  const [without, withToken] = [await get(figway.port, itemPath), await get(figway.port, itemPath, headers)];
  if (without?.status !== 401)
    throw new Error(`without a token it answers ${without?.status ?? 'nothing'}, not 401`);
  if (withToken?.headers.ratelimit === undefined)
    throw new Error('it counts no requests: no RateLimit field');
}

function contestants(bench: Bench, upstream: Server): Contestant[] {
  const bearer = { authorization: `Bearer ${token(Date.now())}` };
  const figway = { version: '', headers: {} };
  const options = { legacy: upstream };
  return [
    ...peers.flatMap(({ name, version, open }) =>
      version === undefined
        ? []
        : [{ name, version, headers: {}, open: () => open(bench.children, upstream.port) }],
    ),
    { ...figway, name: names.unclaimed, open: () => openFigway(bench, unclaimed, options) },
    { ...figway, name: names.claimed, open: () => openFigway(bench, claimed, options) },
    {
      ...figway,
      name: names.full,
      headers: bearer,
      async open() {
        const opened = await openFigway(bench, fullEdge, {
          ...options,
          first: { path: itemPath, headers: bearer },
        });
        await verifyFullEdge(opened, bearer);
        return opened;
      },
    },
  ];
}

async function measure(
  { children }: Bench,
  seconds: number,
  { contestant, server }: { contestant: Contestant; server: Server },
): Promise<[LoadResult, number?]> {
  const before = processorTime(server.child.pid);
  const target = { port: server.port, paths: [itemPath], headers: contestant.headers };
  const result = await saturate(children, target, seconds);
  const after = processorTime(server.child.pid);
  return before === undefined || after === undefined ? [result] : [result, (after - before) / seconds];
}

async function openAll(all: readonly Contestant[]) {
  const opened: { contestant: Contestant; server: Server; results: LoadResult[]; busy: number[] }[] = [];
  const absent: string[] = [];
  for (const contestant of all) {
    try {
      opened.push({ contestant, server: await contestant.open(), results: [], busy: [] });
    } catch (error) {
      absent.push(`Not measured: ${contestant.name}: ${error instanceof Error ? error.message : error}.`);
    }
  }
  for (const peer of peers) if (peer.version === undefined) absent.push(`Not installed: ${peer.name}.`);
  return { opened, absent };
}

const ratesOf = (measured: readonly Measured[], name: string): number[] | undefined =>
  measured.find(({ contestant }) => contestant.name === name)?.results.map(({ rate }) => rate);

function toRow({ contestant, results, busy }: Measured, all: readonly Measured[]): string[] {
  const rates = results.map(({ rate }) => rate);
  const over = (name: string): string => decimal(ratioInTurn(rates, ratesOf(all, name)));
  return [
    `${contestant.name} ${contestant.version}`.trim(),
    whole(median(rates)),
    over(stock),
    over('caddy'),
    over('nginx'),
    decimal(median(results.map(({ p50 }) => p50))),
    decimal(median(results.map(({ p99 }) => p99))),
    `${whole(spread(rates) * 100)} %`,
    busy.length === 0 ? '–' : `${whole(median(busy) * 100)} %`,
    whole(results.reduce((sum, { failed }) => sum + failed, 0)),
  ];
}

const columns = [
  'proxy',
  'req/s',
  '÷ stock',
  '÷ caddy',
  '÷ nginx',
  'p50 ms',
  'p99 ms',
  'spread',
  'busy',
  'failed',
];

/** Plain forwarding of a GET, every peer and the gateway, taken in turn. */
export const forwarding: Part = async bench => {
  const upstream = await openUpstream(bench.children);
  const { opened, absent } = await openAll(contestants(bench, upstream));
  for (let round = 0; round <= bench.rounds; round++) {
    for (const one of opened) {
      const { contestant, results, busy } = one;
      const [result, share] = await measure(bench, round === 0 ? bench.warmUp : bench.seconds, one);
      const turn = round === 0 ? 'warm-up' : `round ${round} of ${bench.rounds}`;
      bench.say(`forwarding · ${turn} · ${contestant.name}: ${whole(result.rate)} req/s`);
      if (round === 0) continue;
      results.push(result);
      if (share !== undefined) busy.push(share);
    }
  }
  const rateOf = ({ results }: Measured): number => median(results.map(({ rate }) => rate));
  const ranked = opened.toSorted((a, b) => rateOf(b) - rateOf(a));
  const over = (name: string, other: string): number | undefined =>
    ratioInTurn(ratesOf(opened, name), ratesOf(opened, other));
  return {
    title: 'Forwarding',
    table: { columns, rows: ranked.map(one => toRow(one, opened)) },
    notes: [
      'GET, 1 KiB of JSON, 64 keep-alive connections, one process and one thread each.',
      '`busy` is the processor time of the proxy: clearly below 100 % means that the load or the upstream was the limit, and the proxy could do more.',
      `\`${ceiling}\` forwards nothing: it is the ceiling of anything on node:http.`,
      'The peers add no forwarded fields, write no log, and keep no metrics; the gateway does all three, its records go to the null device.',
      ...absent,
    ],
    figures: {
      ...figure('claimedOverStock', over(names.claimed, stock)),
      ...figure('fullOverStock', over(names.full, stock)),
      ...figure('fullOverCaddy', over(names.full, 'caddy')),
      ...figure('fullOverNginx', over(names.full, 'nginx')),
      ...figure('unclaimedOverFull', over(names.unclaimed, names.full)),
    },
  };
};
