import { h } from './dom.js';
import { count, percent, time } from './format.js';
import { sectionWith, stages, table } from './parts.js';
import uPlot from './uplot.js';

/** Traffic and routes over time; absent where the gateway keeps no progress, a sentence where it has just begun. */
export function progressSection(progress, filters) {
  if (progress === undefined) return undefined;
  const { samples } = progress;
  return sectionWith(
    rangeChoice(filters.range ?? 'day'),
    'progress',
    'Over time',
    samples.length < 2
      ? h('p', { class: 'dim' }, 'Too early: a point is kept every five minutes.')
      : [
          h('div', {
            class: 'chart',
            'data-keep': true,
            'data-key': 'chart',
            role: 'img',
            'aria-label': toLabel(samples),
          }),
          h(
            'details',
            { 'data-key': 'figures' },
            h('summary', {}, 'The figures as a table'),
            figuresOf(samples),
          ),
        ],
  );
}

const rangeChoice = chosen =>
  h(
    'label',
    { class: 'range' },
    'The last ',
    h(
      'select',
      { 'data-filter': 'range', 'data-reload': true },
      ['day', 'week', 'month'].map(range => h('option', { value: range, selected: range === chosen }, range)),
    ),
  );

function toLabel(samples) {
  const first = samples[0];
  const last = samples.at(-1);
  return `Share of the traffic that services serve: from ${percent(shareOf(first.byService, first))} to ${percent(shareOf(last.byService, last))}. Unclaimed: from ${percent(shareOf(first.unclaimed, first))} to ${percent(shareOf(last.unclaimed, last))}.`;
}

const shareOf = (part, { requests }) => (requests === 0 ? null : part / requests);

/** The table has at most so many rows: every n-th sample. */
const figureBound = 24;

function figuresOf(samples) {
  const every = Math.ceil(samples.length / figureBound);
  return table({
    label: 'Progress',
    rows: samples.filter((_, at) => at % every === 0 || at === samples.length - 1).toReversed(),
    columns: [
      { name: 'at', cell: sample => time(sample.at) },
      { name: 'requests', isNumber: true, cell: sample => count(sample.requests) },
      { name: 'by services', isNumber: true, cell: sample => percent(shareOf(sample.byService, sample)) },
      { name: 'unclaimed', isNumber: true, cell: sample => percent(shareOf(sample.unclaimed, sample)) },
      {
        name: 'routes migrated or done',
        isNumber: true,
        cell: ({ routesByStage }) =>
          `${routesByStage.migrated + routesByStage.done} of ${routesIn(routesByStage)}`,
      },
    ],
  });
}

const routesIn = byStage => stages.reduce((sum, stage) => sum + (byStage[stage] ?? 0), 0);

const drawn = new WeakMap();

/** Draws into the `.chart` of the page, or gives the drawing there its new points. */
export function drawProgress(root, progress) {
  const place = root.querySelector('.chart');
  if (place === null || progress === undefined) return;
  const { samples } = progress;
  place.setAttribute('aria-label', toLabel(samples));
  const data = [
    samples.map(({ at }) => new Date(at).getTime() / 1000),
    samples.map(sample => toPercent(shareOf(sample.byService, sample))),
    samples.map(sample => toPercent(shareOf(sample.unclaimed, sample))),
    samples.map(({ routesByStage }) =>
      toPercent((routesByStage.migrated + routesByStage.done) / (routesIn(routesByStage) || 1)),
    ),
  ];
  const known = drawn.get(place);
  if (known !== undefined) known.setData(data);
  else drawn.set(place, draw(place, data));
}

const toPercent = share => (share === null ? null : share * 100);

function draw(place, data) {
  const chart = new uPlot(optionsFor(place), data, place);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  // Its colours are the palette's, read when it is drawn.
  const redraw = () => chart.redraw();
  const watch = new ResizeObserver(() => {
    if (place.isConnected) {
      chart.setSize({ width: place.clientWidth, height: heightOf(place) });
      return;
    }
    watch.disconnect();
    scheme.removeEventListener('change', redraw);
    chart.destroy();
  });
  watch.observe(place);
  scheme.addEventListener('change', redraw);
  return chart;
}

/** Seconds between ticks: a point is kept every five minutes, so that there is nothing closer to tell apart. */
const tickSteps = [300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/** Without a pointer the legend tells the newest point. */
function showNewest(chart) {
  if (chart.cursor.idx === null || chart.cursor.idx === undefined)
    chart.setLegend({ idx: chart.data[0].length - 1 });
}

/** uPlot's own, but in the order and with the hours of the rest of the page: its tables of ticks, see its docs. */
const dayTicks = [
  [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
  [3600, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
];

const heightOf = place => (place.clientWidth < 500 ? 180 : 240);

function optionsFor(place) {
  const colour = name => () =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line') },
  };
  const line = (label, name, more = {}) => ({
    label,
    stroke: colour(name),
    width: 2,
    points: { show: false },
    value: (_, value) => (value === null ? '–' : `${value.toFixed(1)} %`),
    ...more,
  });
  return {
    width: place.clientWidth,
    height: heightOf(place),
    scales: { y: { range: [0, 100] } },
    axes: [
      { ...axis, space: 70, incrs: tickSteps, values: dayTicks },
      { ...axis, size: 54, values: (_, ticks) => ticks.map(tick => `${tick} %`) },
    ],
    series: [
      {
        value: (_, at) =>
          at === null
            ? '–'
            : new Date(at * 1000).toLocaleString('en-GB', { dateStyle: 'short', timeStyle: 'short' }),
      },
      line('served by services', 'service', { width: 3 }),
      line('unclaimed', 'unclaimed-line', { dash: [6, 4] }),
      line('routes migrated or done', 'good', { dash: [2, 3] }),
    ],
    cursor: { drag: { x: false, y: false } },
    hooks: { ready: [showNewest], setData: [showNewest], setCursor: [showNewest] },
  };
}
