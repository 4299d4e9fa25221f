import { compareAnswers } from '../../../gateway/compare/compare.ts';
import type { Answer } from '../../../gateway/compare/comparison.ts';
import { compileRules } from '../../../gateway/compare/rules.ts';
import { compareDefaults } from '../../../gateway/compare/schema.ts';
import { figure } from '../asks.ts';
import type { Part } from '../part.ts';
import { median, spread, whole } from '../statistics.ts';

/** An order of so many lines, as JSON: 14 are about 1 KB, 1,350 about 100 KB. */
const order = (id: string, lines: number, quantity: number): string =>
  JSON.stringify({
    id,
    createdAt: '2026-11-26T05:00:00Z',
    lines: Array.from({ length: lines }, (_, index) => ({
      sku: `sku-${index}`,
      quantity: index === 3 ? quantity : index,
      price: 12.5 * index,
      name: `A thing with a name ${index}`,
    })),
    total: 123.45,
  });

/** Each with fields of its own, as two servers send them. */
const answer = (body: string, served: string): Answer => ({
  status: 200,
  fields: [
    ...['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(Buffer.byteLength(body))],
    ...['Date', `Thu, 26 Nov 2026 05:00:0${served} GMT`, 'X-Request-Id', `request-${served}`],
    ...['Cache-Control', 'no-store', 'Vary', 'Accept'],
  ],
  body: Buffer.from(body),
});

interface Contest {
  readonly name: string;
  readonly figure: 'comparingEqual' | 'comparingDiffering' | 'comparingLarge' | undefined;
  readonly legacy: Answer;
  readonly service: Answer;
}

const contest = (name: string, of: Contest['figure'], legacy: string, service: string): Contest => ({
  ...{ name, figure: of, legacy: answer(legacy, '1'), service: answer(service, '2') },
});

const contests: readonly Contest[] = [
  contest('1 KB, equal bytes', 'comparingEqual', order('a', 14, 1), order('a', 14, 1)),
  contest(
    '1 KB, a value and one in a list differ',
    'comparingDiffering',
    order('a', 14, 1),
    order('b', 14, 2),
  ),
  contest('1 KB, the same in another spelling', undefined, order('a', 14, 1), ` ${order('a', 14, 1)}`),
  contest(
    '100 KB, a value and one in a list differ',
    'comparingLarge',
    order('a', 1350, 1),
    order('b', 1350, 2),
  ),
];

/** Pairs a second of CPU time: what else runs on the machine counts as little as it can. */
function measure({ legacy, service }: Contest, seconds: number): number {
  const rules = compileRules(compareDefaults(), { origins: { legacy: [], service: [] }, now: 0 });
  const start = process.cpuUsage();
  const isOver = (): boolean => process.cpuUsage(start).user >= seconds * 1e6;
  let pairs = 0;
  while (!isOver())
    for (let i = 0; i < 50; i++, pairs++) compareAnswers({ method: 'GET', legacy, service }, rules);
  const { user, system } = process.cpuUsage(start);
  return pairs / ((user + system) / 1e6);
}

/** How many pairs one thread compares. */
export const comparing: Part = async bench => {
  const rates = contests.map((): number[] => []);
  for (let round = 0; round <= bench.rounds; round++)
    for (const [index, one] of contests.entries()) {
      const rate = measure(one, Math.min(bench.seconds, 3));
      bench.say(`comparing · round ${round} of ${bench.rounds} · ${one.name}: ${whole(rate)} pairs/s`);
      if (round > 0) rates[index]?.push(rate);
    }
  return {
    title: 'Comparing',
    table: {
      columns: ['pair', 'pairs/s', 'spread'],
      rows: contests.map(({ name }, index) => [
        name,
        whole(median(rates[index] ?? [])),
        `${whole(spread(rates[index] ?? []) * 100)} %`,
      ]),
    },
    notes: ['In this process, by CPU time, without rules; redaction and signatures included.'],
    figures: Object.assign(
      {},
      ...contests.map(({ figure: name }, index) =>
        name === undefined ? {} : figure(name, median(rates[index] ?? [])),
      ),
    ),
  };
};
