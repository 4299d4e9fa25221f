import { escapeHtml } from '../../core/problem-json.ts';
import type { RouteRow, StatusView } from '../status.ts';

/** Rows that are shown; the rest is counted, and is in `/api/routes`. */
const rowBound = 500;

/** The status as text: how far it has come, what needs attention, the table of routes. */
export function toSummary(status: StatusView): string {
  const { traffic, attention, routes, unclaimed, config } = status;
  const shown = routes.slice(0, rowBound);
  const rest = routes.length - shown.length;
  return `<h1>How far it has come</h1>
<dl class="figures">
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
        .map(one => `<li class="${one.level}">${toProse(one.text)}</li>`)
        .join('\n')}</ul>`
}
<h2>Routes</h2>
<div class="wide" tabindex="0" role="region" aria-label="Routes"><table><thead><tr><th>route</th><th>owner</th><th>stage</th><th class="n">requests</th><th class="n">by service</th>
<th class="n">fallbacks</th><th>hold</th><th>breaker</th><th class="n">legacy p95</th><th class="n">service p95</th></tr></thead>
<tbody>
${[...shown, unclaimed].map(toRow).join('\n')}
</tbody></table></div>
${rest > 0 ? `<p>${rest} more routes are in <code>/api/routes</code>.</p>` : ''}
<p class="foot">${escapeHtml(config.file)}, hash ${escapeHtml(config.hash)}${config.revision === '' ? '' : `, revision ${escapeHtml(config.revision)}`}, loaded ${toProse(config.loadedAt)}. Counts are since the start, latencies of the last ten minutes.</p>`;
}

const isoTimes = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z/g;

const minute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/** A sentence, the times in it as people read them; the exact ones are in their titles. */
const toProse = (text: string): string =>
  escapeHtml(text).replace(isoTimes, iso =>
    Number.isNaN(Date.parse(iso))
      ? iso
      : `<time datetime="${iso}" title="${iso}">${minute.format(new Date(iso))} UTC</time>`,
  );

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
