import { figure } from '../asks.ts';
import { type Figway, openFigway } from '../figway.ts';
import { type LoadResult, saturate } from '../load.ts';
import { cores } from '../machine.ts';
import type { Bench, Part } from '../part.ts';
import { processorTimeOfAll } from '../processor-time.ts';
import { claimed, fullEdge, token } from '../routes-file.ts';
import { itemPath } from '../server.ts';
import { decimal, median, ratioInTurn, whole } from '../statistics.ts';
import { openUpstream } from '../upstream.ts';

/** Below that the load has no core of its own beside two workers. */
const enoughCores = 4;

const tables = [
  { name: 'a claimed route', toYaml: claimed, hasToken: false },
  { name: 'full edge', toYaml: fullEdge, hasToken: true },
];

interface Contestant {
  readonly table: string;
  readonly count: number;
  readonly figway: Figway;
  readonly headers: Readonly<Record<string, string>>;
  readonly results: LoadResult[];
  /** Requests for each second of processor time, of all its processes. */
  readonly thrifts: number[];
}

async function openAll(bench: Bench): Promise<Contestant[]> {
  const upstream = await openUpstream(bench.children);
  const bearer = { authorization: `Bearer ${token(Date.now())}` };
  const all: Contestant[] = [];
  for (const { name, toYaml, hasToken } of tables)
    for (const count of [1, 2]) {
      const headers = hasToken ? bearer : {};
      const figway = await openFigway(bench, toYaml, {
        ...{ legacy: upstream, role: 'anywhere', first: { path: itemPath, headers } },
        words: ['--workers', String(count)],
      });
      all.push({ table: name, count, figway, headers, results: [], thrifts: [] });
    }
  return all;
}

async function measure(
  { children }: Bench,
  seconds: number,
  { figway, headers, results, thrifts }: Contestant,
): Promise<LoadResult> {
  const { pid } = figway.child;
  const before = processorTimeOfAll(pid);
  const result = await saturate(children, { port: figway.port, paths: [itemPath], headers }, seconds);
  const after = processorTimeOfAll(pid);
  results.push(result);
  if (before !== undefined && after !== undefined) thrifts.push((result.rate * seconds) / (after - before));
  return result;
}

const ratesOf = ({ results }: Contestant): number[] => results.map(({ rate }) => rate);

/** Two workers against one process: by rate where the load has cores of its own, else by what a request costs. */
function over(one: Contestant, two: Contestant): number | undefined {
  return cores >= enoughCores
    ? ratioInTurn(ratesOf(two), ratesOf(one))
    : ratioInTurn(
        two.thrifts.map(thrift => 2 * thrift),
        one.thrifts,
      );
}

/** Forwarding by two workers and by one process, in turn. */
export const workers: Part = async bench => {
  const all = await openAll(bench);
  for (let round = 0; round <= bench.rounds; round++)
    for (const contestant of all) {
      const { rate } = await measure(bench, round === 0 ? bench.warmUp : bench.seconds, contestant);
      const turn = round === 0 ? 'warm-up' : `round ${round} of ${bench.rounds}`;
      bench.say(`workers · ${turn} · ${contestant.table}, ${contestant.count}: ${whole(rate)} req/s`);
      if (round === 0) {
        contestant.results.pop();
        contestant.thrifts.pop();
      }
    }
  const [one, two, fullOne, fullTwo] = all as [Contestant, Contestant, Contestant, Contestant];
  const others = new Map([
    [two, over(one, two)],
    [fullTwo, over(fullOne, fullTwo)],
  ]);
  return {
    title: 'Workers',
    table: {
      columns: [
        'gateway',
        'req/s',
        'requests a second of processor time',
        'two cores ÷ one',
        'p99 ms',
        'failed',
      ],
      rows: all.map(contestant => [
        `${contestant.table}, ${contestant.count === 1 ? 'one process' : 'two workers'}`,
        whole(median(ratesOf(contestant))),
        contestant.thrifts.length === 0 ? '–' : whole(median(contestant.thrifts)),
        decimal(others.get(contestant) ?? 1),
        decimal(median(contestant.results.map(({ p99 }) => p99))),
        whole(contestant.results.reduce((sum, { failed }) => sum + failed, 0)),
      ]),
    },
    notes: [
      'Nothing is pinned but the load and the upstream; the first process of two workers serves nobody, and its time counts.',
      cores >= enoughCores
        ? 'The load has cores of its own: the ratio is that of the rates.'
        : `The load and the upstream share ${cores} cores with the workers, so the rates say nothing of two cores. The ratio is twice that of the requests a second of processor time: what two cores give where the load stands elsewhere.`,
    ],
    figures: figure('workers', others.get(two)),
  };
};
