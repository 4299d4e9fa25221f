import { figure } from '../asks.ts';
import { openFigway } from '../figway.ts';
import { saturate } from '../load.ts';
import type { Part } from '../part.ts';
import { manyRoutes, pathsOver } from '../routes-file.ts';
import { decimal, median, ratioInTurn, spread, whole } from '../statistics.ts';
import { openUpstream } from '../upstream.ts';

const sizes = [10, 10_000];

/** The same gateway with few and with many routes, taken in turn; a thousand paths spread over the routes. */
export const routes: Part = async bench => {
  const upstream = await openUpstream(bench.children);
  const opened = [];
  for (const size of sizes) {
    const paths = pathsOver(size);
    const first = { path: paths[0] ?? '/' };
    const gateway = await openFigway(bench, ports => manyRoutes(ports, size), { legacy: upstream, first });
    opened.push({ size, gateway, paths, rates: [] as number[], failed: 0 });
  }
  for (let round = 0; round <= bench.rounds; round++) {
    for (const one of opened) {
      const target = { port: one.gateway.port, paths: one.paths, headers: {} };
      const { rate, failed } = await saturate(
        bench.children,
        target,
        round === 0 ? bench.warmUp : bench.seconds,
      );
      bench.say(`routes · round ${round} of ${bench.rounds} · ${one.size} routes: ${whole(rate)} req/s`);
      one.failed += failed;
      if (round > 0) one.rates.push(rate);
    }
  }
  const [few, many] = opened.map(({ rates }) => rates);
  return {
    title: 'Routes',
    table: {
      columns: ['routes', 'req/s', '÷ 10 routes', 'spread', 'failed'],
      rows: opened.map(({ size, rates, failed }) => [
        whole(size),
        whole(median(rates)),
        decimal(ratioInTurn(rates, few)),
        `${whole(spread(rates) * 100)} %`,
        whole(failed),
      ]),
    },
    notes: ['A thousand paths in turn, spread evenly over the routes; every one is claimed and migrated.'],
    figures: figure('manyRoutes', ratioInTurn(many, few)),
  };
};
