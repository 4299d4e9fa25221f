import { setTimeout as wait } from 'node:timers/promises';
import type { RouteView } from '../admin/route-view.ts';
import type { LatencyView, RouteRow, StatusView } from '../admin/status.ts';
import { openAdmin } from './admin-client.ts';
import { type Command, Stop } from './command.ts';
import type { Print } from './print.ts';
import { readProgressLine } from './progress-line.ts';
import { showRoute, verdictStyles } from './status-route.ts';
import { type Cell, clean } from './table.ts';

const watchMs = 2000;

export const status: Command = {
  name: 'status',
  summary: 'shows what needs attention, every route, and how far the migration has come',
  args: [{ name: '[route]', means: 'one route only' }],
  options: [{ flags: '--watch', means: 'again every two seconds, until it is interrupted' }],
  hasJson: true,
  examples: [
    { line: 'figway status', does: 'all routes' },
    { line: 'figway status orders-read --watch', does: 'one route, while it moves' },
    { line: 'figway status --json', does: 'the same as data' },
  ],
  notes: [
    'Asks the admin port of the running gateway. Counts are since its start, latencies (p95) of the last minutes.',
    'With a route it also says what its verdict rests on, what is missing, and what its next stage asks for.',
    'Exits with 2 if there is no such route.',
  ],
  async run(call) {
    const [name] = call.args;
    const isJson = call.options.flag('json');
    const isWatched = call.options.flag('watch');
    if (isJson && isWatched) throw new Stop(3, '--json and --watch exclude each other');
    const admin = await openAdmin(call);
    while (true) {
      const view = (await admin.get('/api/status')) as StatusView;
      const shown = name === undefined ? view : await only(view, name);
      const progress = name === undefined && !isJson ? await readProgressLine(admin) : undefined;
      const one =
        name === undefined
          ? undefined
          : ((await admin.get(`/api/routes/${encodeURIComponent(name)}`)) as RouteView);
      if (isWatched) call.print.clear();
      if (isJson) call.print.json(one ?? shown);
      else {
        show(call.print, shown, name === undefined);
        if (one !== undefined) showRoute(call.print, one);
        if (progress !== undefined) call.print.line(progress);
      }
      if (!isWatched) return 0;
      await wait(watchMs);
    }
  },
};

/** The status as if there were only that route. */
async function only(view: StatusView, name: string): Promise<StatusView> {
  const rows = [...view.routes, view.unclaimed];
  const row = rows.find(({ route }) => route === name);
  if (row !== undefined)
    return {
      ...view,
      routes: [row],
      observed: observedOf(view).filter(one => one.route === name),
      attention: view.attention.filter(({ about }) => [null, name, row.service].includes(about)),
    };
  const { suggestion } = await import('../config/nearest.ts');
  throw new Stop(
    2,
    `there is no route ${name}${suggestion(
      name,
      rows.map(({ route }) => route),
    )}`,
  );
}

function show(print: Print, view: StatusView, isWhole: boolean): void {
  for (const { level, text } of view.attention)
    print.line(
      `${print.paint(level === 'error' ? 'red' : 'yellow', level === 'error' ? '✗' : '!')} ${clean(text)}`,
    );
  if (view.attention.length > 0) print.line();
  print.table(
    [
      ...['route', 'owner', 'stage', 'requests', 'by service', 'match', 'verdict'],
      ...['legacy', 'service', 'breaker', 'hold'],
    ],
    [...view.routes, ...(isWhole ? [view.unclaimed] : [])].map(toRow),
  );
  showObserved(print, observedOf(view));
  if (!isWhole) return;
  const { serviceShare, unclaimedShare, routesByStage, requests } = view.traffic;
  const stages = Object.entries(routesByStage).filter(([, routes]) => routes > 0);
  print.line();
  print.line(
    `${percent(serviceShare)} of all traffic is served by services, ${percent(unclaimedShare)} is unclaimed (${requests === 1 ? '1 request' : `${requests} requests`})`,
  );
  if (stages.length > 0)
    print.line(`routes: ${stages.map(([stage, routes]) => `${routes} ${stage}`).join(', ')}`);
  const workers = workersOf(view);
  const serving = workers.filter(({ state }) => state === 'serving').length;
  if (workers.length > 0) print.line(`workers: ${serving} of ${workers.length} serve`);
}

/** A gateway of an older version says nothing of it. */
const observedOf = ({ observed = [] }: Partial<StatusView>): StatusView['observed'] => observed;
const workersOf = ({ workers = [] }: Partial<StatusView>): StatusView['workers'] => workers;

/** Whom guards would lock out, were they to enforce. */
function showObserved(print: Print, observed: StatusView['observed']): void {
  if (observed.length === 0) return;
  print.line();
  print.table(
    ['observing guard', 'would lock out', 'both refuse', 'upstream alone refuses', 'mostly'],
    observed.map(row => [
      `${row.route} ${row.guard}`,
      row.lockedOut === 0 ? '0' : { text: String(row.lockedOut), style: 'yellow' },
      row.refusedByBoth,
      row.refusedByUpstream,
      clean(row.callers[0]?.caller ?? '-'),
    ]),
  );
}

function toRow(row: RouteRow): Cell[] {
  const isOpen = row.breaker === 'open' || row.breaker === 'half-open';
  return [
    { text: row.route, style: 'bold' },
    row.owner,
    row.percent === null ? row.stage : `${row.stage} ${row.percent} %`,
    row.requests,
    percent(row.serviceShare),
    typeof row.matchRate === 'number' ? matchRate(row.matchRate) : '-',
    verdictCell(row.verdict),
    milliseconds(row.latency.legacy),
    milliseconds(row.latency.service),
    isOpen ? { text: row.breaker ?? '', style: 'red' } : row.breaker === 'closed' ? 'closed' : '-',
    row.hold === null ? '-' : { text: `by ${row.hold.by}: ${row.hold.reason}`, style: 'yellow' },
  ];
}

const verdictCell = (verdict: RouteRow['verdict']): Cell =>
  verdict ? { text: verdict, style: verdictStyles[verdict] } : '-';

/** Rounded down, so that only a whole match is 100 %. */
const matchRate = (rate: number): string => `${Math.floor(rate * 10_000) / 100} %`;

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

const milliseconds = ({ p95 }: LatencyView): string =>
  p95 === null ? '-' : `${Number(p95.toPrecision(2))} ms`;
