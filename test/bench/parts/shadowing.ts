import { type Figures, figure } from '../asks.ts';
import { type Figway, openFigway } from '../figway.ts';
import { pace, saturate } from '../load.ts';
import type { Part } from '../part.ts';
import { shadowed } from '../routes-file.ts';
import { decimal, median, ratioInTurn, spread, whole } from '../statistics.ts';
import { openUpstream } from '../upstream.ts';

/**
 * Percent of the requests that are copied and compared; 0 is the route in stage legacy. Answers of the same bytes are the
 * common case, and the cheap one; in another spelling each pair is parsed in the comparing thread.
 */
const contestants = [
  { name: '0 %', sample: 0, spelling: 'plain' },
  { name: '10 %', sample: 10, spelling: 'plain' },
  { name: '100 %', sample: 100, spelling: 'plain' },
  { name: '10 %, in another spelling', sample: 10, spelling: 'respelled' },
] as const;

/** Requests a second at which the clients' own latency is looked at. */
const gentle = 50;

const paths = Array.from({ length: 1000 }, (_, at) => `/items/${at}`);

/** How often each outcome was counted. */
async function outcomesOf({ ports }: Figway): Promise<ReadonlyMap<string, number>> {
  const metrics = await (await fetch(`http://127.0.0.1:${ports.admin}/metrics`)).text();
  const lines = metrics.matchAll(/^figway_comparisons_total\{.*outcome="([a-z-]+)".*\} (\d+)$/gm);
  return new Map([...lines].map(([, outcome = '', count]) => [outcome, Number(count)]));
}

/** Throws unless answers are really compared, and equal: else the figure would flatter. */
async function verify(figway: Figway): Promise<void> {
  const deadline = Date.now() + 5000;
  while (Date.now() < deadline) {
    if (((await outcomesOf(figway)).get('match') ?? 0) > 0) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error('it compares nothing');
}

/** The rate of served requests with nothing, a tenth and all of them compared, taken in turn. */
export const shadowing: Part = async bench => {
  const plain = await openUpstream(bench.children);
  // One server is both sides where they agree to the byte; it does twice the work at 100 %.
  const sides = { plain, respelled: await openUpstream(bench.children, 'upstream', 'respelled') };
  const opened = [];
  for (const { name, sample, spelling } of contestants) {
    const options = { legacy: plain, service: sides[spelling] };
    const gateway = await openFigway(bench, ports => shadowed(ports, sample), options);
    opened.push({ name, sample, gateway, rates: [] as number[], p50s: [] as number[], failed: 0 });
  }
  for (let round = 0; round <= bench.rounds; round++) {
    for (const one of opened) {
      const target = { port: one.gateway.port, paths, headers: {} };
      const { rate, failed } = await saturate(
        bench.children,
        target,
        round === 0 ? bench.warmUp : bench.seconds,
      );
      bench.say(`shadowing · round ${round} of ${bench.rounds} · ${one.name}: ${whole(rate)} req/s`);
      one.failed += failed;
      if (round > 0) one.rates.push(rate);
      else if (one.sample > 0) await verify(one.gateway);
    }
  }
  for (let round = 1; round <= bench.rounds; round++) {
    for (const one of opened) {
      const target = { port: one.gateway.port, paths, headers: {} };
      bench.say(`shadowing · round ${round} of ${bench.rounds} · ${one.name}, at ${gentle} req/s`);
      const { p50, failed } = await pace(bench.children, target, bench.seconds, gentle);
      one.failed += failed;
      one.p50s.push(p50);
    }
  }
  const [none, tenth, all] = opened;
  const rows = [];
  for (const { name, gateway, rates, p50s, failed } of opened) {
    const counted = await outcomesOf(gateway);
    const sum = [...counted.values()].reduce((total, count) => total + count, 0);
    rows.push([
      name,
      whole(median(rates)),
      decimal(ratioInTurn(rates, none?.rates)),
      sum === 0 ? '–' : `${whole(((counted.get('match') ?? 0) / sum) * 100)} %`,
      `${whole(spread(rates) * 100)} %`,
      decimal(median(p50s)),
      whole(failed),
    ]);
  }
  const figures: Figures = {
    ...figure('shadowTenth', ratioInTurn(tenth?.rates, none?.rates)),
    ...figure('shadowAll', ratioInTurn(all?.rates, none?.rates)),
    ...figure('shadowedP50', ratioInTurn(all?.p50s, none?.p50s)),
  };
  return {
    title: 'Shadowing',
    table: {
      columns: ['sample', 'req/s', '÷ none', 'compared', 'spread', `p50 ms at ${gentle} req/s`, 'failed'],
      rows,
    },
    notes: [
      'One route in stage shadow, both sides equal, 1 KiB of JSON, a thousand paths; without shadowing the same route in stage legacy.',
      '`compared` is the share of all requests that came to `match`: what is over 64 pairs in flight, or over what the comparing thread takes, is skipped and counted.',
      'The comparing thread shares the core of the gateway where cores are pinned.',
    ],
    figures,
  };
};
