import type { Finding, ReplayReport } from '../offline/report.ts';
import { count } from './load.ts';
import type { Print } from './print.ts';
import { type Cell, clean, type Style } from './table.ts';

/** Findings that are shown on a terminal; the other reports have all. */
const mostShown = 20;

const styles: Readonly<Record<ReplayReport['verdict']['state'], Style>> = {
  ...{ ready: 'green', blocked: 'red', pending: 'yellow' },
};

/** A replay for people. */
export function showReplay(print: Print, report: ReplayReport): void {
  const { verdict, findings, examples, input, counts, skips, latency } = report;
  print.line(
    `${count(input.requests, 'request')} recorded, ${input.asked} asked of both sides ${toAsides(report)}`,
  );
  print.line(`outcomes: ${toAmounts(counts)}${counts.skipped > 0 ? ` (${toAmounts(skips)})` : ''}`);
  if (latency !== null) {
    const row = (side: 'legacy' | 'service'): Cell[] => {
      const { p50, p95, p99 } = latency[side];
      return [side, ...[p50, p95, p99].map(ms => `${ms.toFixed(1)} ms`)];
    };
    print.table(['latency', 'p50', 'p95', 'p99'], [row('legacy'), row('service')]);
    if (latency.slow > 0) print.line(`${latency.slow} of ${latency.pairs} pairs are slower at the service`);
  }
  if (findings.length > 0) {
    print.line();
    print.table(
      ['requests', 'where', 'legacy', 'service', 'example'],
      findings.slice(0, mostShown).flatMap(toRows(examples)),
    );
    if (findings.length > mostShown) print.line(`and ${count(findings.length - mostShown, 'finding')} more`);
    print.line();
  }
  const { state, bad, n, upper, maxMismatch, reasons } = verdict;
  print.line(
    `${print.paint(styles[state], state)}: ${bad} bad of ${count(n, 'distinct request')}, surely below ${percent(upper)}, wanted below ${maxMismatch} %`,
  );
  for (const reason of reasons) print.line(`  ${clean(reason)}`);
}

function toAsides({ input, seed }: ReplayReport): string {
  const asides = [
    ...(input.repeated > 0 ? [`${input.repeated} repeated`] : []),
    ...(input.leftOut > 0 ? [`${input.leftOut} left out of the sample`] : []),
    ...(input.corrupt > 0 ? [`${input.corrupt} corrupt`] : []),
    ...Object.entries(input.passed).map(([why, times]) => `${times}: ${why}`),
    `seed ${seed}`,
  ];
  return `(${asides.map(clean).join('; ')})`;
}

const toAmounts = (amounts: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(amounts)
    .filter(([, amount]) => amount !== undefined && amount > 0)
    .map(([name, amount]) => `${amount} ${name}`)
    .join(', ');

/** Rounded up, so that a bound is never told smaller than it is. */
const percent = (share: number): string => `${Math.ceil(share * 1e5) / 1e3} %`;

/** A row for each signature; those of one finding stand below each other, the example beside the first. */
const toRows =
  (examples: ReplayReport['examples']) =>
  ({ signatures, examples: ids }: Finding): Cell[][] =>
    signatures.map(({ distinct, method, template, signature, legacy, service }, at) => [
      at === 0 ? distinct : `+${distinct}`,
      `${method} ${template} ${signature}`,
      toText(legacy),
      toText(service),
      at === 0 ? (examples.find(({ id }) => id === ids[0])?.target ?? '') : '',
    ]);

const toText = (value: unknown): string => (value === undefined ? '-' : JSON.stringify(value).slice(0, 60));
