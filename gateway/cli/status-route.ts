/** What `figway status <route>` says below the table. */
import type { LatencySides, NextView, PartView, RouteView, TripwireView } from '../admin/route-view.ts';
import { toCount, toPercent } from '../compare/figures.ts';
import { formatDuration } from '../core/units.ts';
import type { VerdictState } from '../core/vocabulary.ts';
import { gateAsks } from '../routing/stages.ts';
import type { Print } from './print.ts';
import { clean, type Style } from './table.ts';

export const verdictStyles: Readonly<Record<VerdictState, Style>> = {
  ready: 'green',
  blocked: 'red',
  pending: 'yellow',
};

/** A gateway of an older version says nothing of some of it. */
export function showRoute(print: Print, view: Partial<RouteView>): void {
  const { verdict, latencySides, tripwire, next } = view;
  if (verdict) {
    print.line();
    print.line(`verdict ${print.paint(verdictStyles[verdict.state], verdict.state)}`);
    for (const part of verdict.parts) print.line(`  ${clean(toPart(part))}`);
    for (const reason of verdict.reasons) if (reason !== '') print.line(`  - ${clean(reason)}`);
  }
  if (latencySides) print.line(toLatency(latencySides));
  if (tripwire) print.line(clean(toTripwire(tripwire)));
  if (next) for (const line of toNext(next)) print.line(clean(line));
}

const toPart = ({ method, entry, state, n, bad, share }: PartView): string =>
  `${method} of ${entry} (${toPercent(share)} of the requests): ${state}, ${toCount(bad)} bad of ${toCount(n)} distinct requests`;

const toLatency = ({ legacy, service, slowShare }: LatencySides): string =>
  `the same requests, p50 p95 p99: legacy ${toTimes(legacy)}, service ${toTimes(service)} ms; ${toPercent(slowShare)} slower`;

const toTimes = ({ p50, p95, p99 }: LatencySides['legacy']): string =>
  [p50, p95, p99].map(ms => Number(ms.toPrecision(2))).join(' ');

function toTripwire({ state, window, last }: TripwireView): string {
  const over = window === undefined ? '' : ` (over ${formatDuration(window)})`;
  return `tripwire ${state}${over}${last === null ? '' : `; last ${last.at}: ${last.reason}`}`;
}

/** What must be written into the file first is not known to a gateway of an older version. */
type KnownNext = Omit<NextView, 'missing'> & Partial<NextView>;

function* toNext({ stage, percent, gate, isOpen, reasons, missing = [] }: KnownNext): Generator<string> {
  const where = percent === undefined ? stage : `${stage} ${percent} %`;
  if (gate === 'none') yield `next: ${where}, which asks for no evidence`;
  else yield `next: ${where}, which asks for ${gateAsks[gate]}: ${isOpen ? 'open' : 'closed'}`;
  for (const reason of reasons) yield `  - ${reason}`;
  for (const lack of missing) yield `  - to be written first: ${lack}`;
}
