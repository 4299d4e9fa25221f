import { expect, test } from 'vitest';
import { parseWrk, toWrkScript } from './wrk.ts';

const printed = `Running 1s test @ http://127.0.0.1:39581/items/42
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.29ms  425.46us  10.93ms   89.14%
    Req/Sec    48.97k     2.93k   52.64k    70.00%
  Latency Distribution
     50%  980.00us
     75%    1.38ms
     90%    1.66ms
     99%    1.20s
  48681 requests in 1.00s, 57.38MB read
Requests/sec:  48620.45
Transfer/sec:     57.31MB
`;

test('reads rate, count and latencies in any unit', () => {
  expect(parseWrk(printed)).toEqual({ rate: 48_620.45, requests: 48_681, failed: 0, p50: 0.98, p99: 1200 });
});

test('adds socket errors and bad answers up, and bad answers are no rate', () => {
  const failing = printed.replace(
    'Requests/sec',
    '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 48681\nRequests/sec',
  );
  expect(parseWrk(failing).failed).toBe(48_691);
  expect(parseWrk(failing).rate).toBe(0);
});

test('throws where a figure is missing, and shows what was printed', () => {
  expect(() => parseWrk('unable to connect')).toThrow(/unable to connect/);
});

test('a script walks through all paths with the headers, and a quote in one ends no string', () => {
  const script = toWrkScript({ port: 1, paths: ['/a', '/b"c'], headers: { authorization: 'Bearer x' } });
  expect(script).toContain('{ "/a", "/b\\"c" }');
  expect(script).toContain('["authorization"]="Bearer x"');
});
