import { createHash } from 'node:crypto';
import { escapeHtml } from '../core/problem-json.ts';
import type { RouteRow, StatusView } from './status.ts';

const style = `
:root{color-scheme:light dark;--line:#8884;--bad:#b3261e;--soft:#8881}
@media(prefers-color-scheme:dark){:root{--bad:#ff8a80}}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:72rem}
h1{font-size:1.25rem;margin:0}h2{font-size:1rem;margin:2rem 0 .5rem}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0}dt{font-size:.8rem;opacity:.8}dd{margin:0;font-size:1.5rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.error{color:var(--bad);font-weight:600}
ul{padding-left:1.2rem}li{overflow-wrap:anywhere}footer{margin-top:2rem;font-size:.8rem;opacity:.8;overflow-wrap:anywhere}`;

const styleHash = createHash('sha256').update(style).digest('base64');

/** No script, no network, no frame: the page is text. */
export const overviewPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Rows that are shown; the rest is counted, and is in `/api/routes`. */
const rowBound = 500;

/** The status as one page: how far it has come, what needs attention, the table of routes. */
export function toOverview(status: StatusView): string {
  const { traffic, attention, routes, unclaimed, config } = status;
  const shown = routes.slice(0, rowBound);
  const rest = routes.length - shown.length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Figway</title><style>${style}</style></head><body>
<h1>Figway</h1>
<dl>
${figure('of the traffic is served by services', percent(traffic.serviceShare))}
${figure('of the traffic is unclaimed', percent(traffic.unclaimedShare))}
${figure('requests since the start', String(traffic.requests))}
${figure('routes migrated or done', `${traffic.routesByStage.migrated + traffic.routesByStage.done} of ${routes.length}`)}
</dl>
<h2>Needs attention</h2>
${
  attention.length === 0
    ? '<p>Nothing.</p>'
    : `<ul>${attention
        .slice(0, rowBound)
        .map(one => `<li class="${one.level}">${escapeHtml(one.text)}</li>`)
        .join('\n')}</ul>`
}
<h2>Routes</h2>
<div class="wide"><table><thead><tr><th>route</th><th>owner</th><th>stage</th><th class="n">requests</th><th class="n">by service</th>
<th class="n">fallbacks</th><th>hold</th><th>breaker</th><th class="n">legacy p95</th><th class="n">service p95</th></tr></thead>
<tbody>
${[...shown, unclaimed].map(toRow).join('\n')}
</tbody></table></div>
${rest > 0 ? `<p>${rest} more routes are in <code>/api/routes</code>.</p>` : ''}
<footer>${escapeHtml(config.file)}, hash ${escapeHtml(config.hash)}${config.revision === '' ? '' : `, revision ${escapeHtml(config.revision)}`}, loaded ${config.loadedAt}. Counts are since the start, latencies of the last ten minutes. The page does not refresh by itself.</footer>
</body></html>
`;
}

const figure = (what: string, value: string): string => `<div><dt>${what}</dt><dd>${value}</dd></div>`;

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

const milliseconds = (ms: number | null): string => (ms === null ? '–' : `${Number(ms.toPrecision(2))} ms`);

function toRow(row: RouteRow): string {
  const stage = row.percent === null ? row.stage : `${row.stage} ${row.percent} %`;
  const words = [row.route, row.owner, stage].map(escapeHtml);
  const numbers = [String(row.requests), percent(row.serviceShare), String(row.fallbacks)];
  const states = [row.hold === null ? '' : `by ${row.hold.by}`, row.breaker ?? ''].map(escapeHtml);
  const times = [row.latency.legacy.p95, row.latency.service.p95].map(milliseconds);
  const cells = (values: readonly string[]) => values.map(value => `<td>${value}</td>`).join('');
  const figures = (values: readonly string[]) => values.map(value => `<td class="n">${value}</td>`).join('');
  return `<tr>${cells(words)}${figures(numbers)}${cells(states)}${figures(times)}</tr>`;
}
