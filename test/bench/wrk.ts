import type { LoadResult, Target } from './load.ts';

const milliseconds: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

const capture = (text: string, pattern: RegExp): RegExpExecArray => {
  const found = pattern.exec(text);
  if (found === null) throw new Error(`wrk printed no ${pattern.source}:\n${text}`);
  return found;
};

/** Latency at a percentile, from the lines that `--latency` prints, in milliseconds. */
function latencyAt(text: string, percent: number): number {
  const found = capture(text, new RegExp(`^\\s*${percent}%\\s+([\\d.]+)(us|ms|s|m) *$`, 'm'));
  return Number(found[1]) * (milliseconds[found[2] ?? ''] ?? Number.NaN);
}

function socketErrors(text: string): number {
  const found = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return (found ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0);
}

/** Answers that are not 2xx or 3xx; wrk counts them into its rate. */
const badAnswers = (text: string): number => Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);

/** What `wrk --latency` printed. Throws where a figure is missing. */
export function parseWrk(text: string): LoadResult {
  const requests = Number(capture(text, /(\d+) requests in /)[1]);
  const rate = Number(capture(text, /Requests\/sec:\s+([\d.]+)/)[1]);
  const bad = badAnswers(text);
  return {
    rate: requests === 0 ? 0 : (rate * (requests - bad)) / requests,
    requests,
    failed: bad + socketErrors(text),
    p50: latencyAt(text, 50),
    p99: latencyAt(text, 99),
  };
}

const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** A wrk script that walks through the paths; the requests are built once, before the load. */
export function toWrkScript({ paths, headers }: Target): string {
  const fields = Object.entries(headers).map(([name, value]) => `[${quote(name)}]=${quote(value)}`);
  return `local paths = { ${paths.map(quote).join(', ')} }
local headers = { ${fields.join(', ')} }
local requests, turn = {}, 0
function init()
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path, headers) end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
`;
}
