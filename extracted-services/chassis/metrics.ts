type Labels = Readonly<Record<string, string | number>>;

/**
 * Counters, gauges and histograms in the text format of Prometheus. Label values are from closed sets (route patterns,
 * known methods, statuses, names of upstreams), so that nobody can make it grow; beyond 1,000 series of a name more are dropped.
 */
export interface Metrics {
  /** Adds 1 to a counter, whose name ends in `_total`. */
  count(name: string, labels?: Labels): void;
  /** Adds to a histogram of durations, whose name ends in `_seconds`. */
  time(name: string, labels: Labels, seconds: number): void;
  /** A value that is read whenever somebody looks. */
  gauge(name: string, labels: Labels, read: () => number): void;
  text(): string;
}

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const maxSeries = 1000;

interface Histogram {
  readonly buckets: number[];
  count: number;
  sum: number;
}

export function createMetrics(): Metrics {
  const counters = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Map<string, Histogram>>();
  const gauges = new Map<string, Map<string, () => number>>();
  gauges.set('process_resident_memory_bytes', new Map([['', () => process.memoryUsage.rss()]]));
  return {
    count(name, labels = {}) {
      const series = seriesOf(counters, name);
      const key = toKey(labels);
      if (hasRoom(series, key)) series.set(key, (series.get(key) ?? 0) + 1);
    },
    time(name, labels, seconds) {
      const series = seriesOf(histograms, name);
      const key = toKey(labels);
      if (!hasRoom(series, key)) return;
      const histogram = series.get(key) ?? { buckets: bounds.map(() => 0), count: 0, sum: 0 };
      series.set(key, histogram);
      histogram.count += 1;
      histogram.sum += seconds;
      bounds.forEach((bound, index) => {
        if (seconds <= bound) histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
      });
    },
    gauge(name, labels, read) {
      const series = seriesOf(gauges, name);
      if (hasRoom(series, toKey(labels))) series.set(toKey(labels), read);
    },
    text: () =>
      [
        ...render(counters, 'counter', (name, labels, value) => [`${name}${braced(labels)} ${value}`]),
        ...render(gauges, 'gauge', (name, labels, read) => [`${name}${braced(labels)} ${read()}`]),
        ...render(histograms, 'histogram', toHistogramLines),
        '',
      ].join('\n'),
  };
}

function seriesOf<Value>(all: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  const known = all.get(name) ?? new Map<string, Value>();
  all.set(name, known);
  return known;
}

const hasRoom = (series: ReadonlyMap<string, unknown>, key: string): boolean =>
  series.has(key) || series.size < maxSeries;

const toKey = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${String(value).replace(/["\\\n]/g, '_')}"`)
    .join(',');

const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

const render = <Value>(
  all: ReadonlyMap<string, ReadonlyMap<string, Value>>,
  type: string,
  toLines: (name: string, labels: string, value: Value) => readonly string[],
): readonly string[] =>
  [...all].flatMap(([name, series]) => [
    `# TYPE ${name} ${type}`,
    ...[...series].flatMap(([labels, value]) => toLines(name, labels, value)),
  ]);

const toHistogramLines = (name: string, labels: string, { buckets, count, sum }: Histogram): string[] => [
  ...bounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${buckets[index]}`),
  `${name}_bucket{${labels},le="+Inf"} ${count}`,
  `${name}_sum{${labels}} ${sum}`,
  `${name}_count{${labels}} ${count}`,
];
