/** Counts and times requests, in the text format of Prometheus. */
export interface Metrics {
  observe(route: string, method: string, status: number, seconds: number): void;
  text(): string;
}

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const name = 'http_server_request_duration_seconds';

interface Histogram {
  readonly buckets: number[];
  count: number;
  sum: number;
}

/** Labels are from closed sets (route patterns, known methods, statuses), so that nobody can make it grow. */
export function createMetrics(): Metrics {
  const histograms = new Map<string, Histogram>();
  return {
    observe(route, method, status, seconds) {
      const labels = `http_route="${route}",http_request_method="${method}",http_response_status_code="${status}"`;
      let histogram = histograms.get(labels);
      if (!histogram) {
        histogram = { buckets: bounds.map(() => 0), count: 0, sum: 0 };
        histograms.set(labels, histogram);
      }
      histogram.count += 1;
      histogram.sum += seconds;
      bounds.forEach((bound, index) => {
        if (seconds <= bound && histogram) histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
      });
    },
    text() {
      const lines = [
        `# HELP ${name} Time from request to answer.`,
        `# TYPE ${name} histogram`,
        ...[...histograms].flatMap(([labels, { buckets, count, sum }]) => [
          ...bounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${buckets[index]}`),
          `${name}_bucket{${labels},le="+Inf"} ${count}`,
          `${name}_sum{${labels}} ${sum}`,
          `${name}_count{${labels}} ${count}`,
        ]),
        '# HELP process_resident_memory_bytes Resident memory.',
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ];
      return `${lines.join('\n')}\n`;
    },
  };
}
