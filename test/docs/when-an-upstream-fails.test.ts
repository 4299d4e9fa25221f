import { describe, expect, it } from 'vitest';
import { errors } from '../../gateway/core/errors.ts';
import { breaker, drain, upstream } from '../../gateway/proxy/schema.ts';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';

const page = readPage('docs/when-an-upstream-fails.md').replaceAll(/\s+/g, ' ');

/** File, what it says, what the page says. A bound has no other place to be read from. */
const bounds: readonly (readonly [file: string, code: RegExp, text: string])[] = [
  ['proxy/upload.ts', /maxKept = 64 \* 1024;/, 'is kept, at most 64 KiB'],
  ['proxy/backoff.ts', /base = 25;/, 'up to 25 ms, doubling, at most 1 s'],
  ['proxy/backoff.ts', /cap = 1000;/, 'at most 1 s'],
  ['proxy/retry-budget.ts', /span = 10_000;/, 'of requests in 10 s'],
  ['proxy/retry-budget.ts', /free = 3;/, 'the first 3 are free'],
  ['proxy/bulkhead.ts', /longestQueue = 128;/, 'at most 128'],
  ['proxy/bulkhead.ts', /longestWait = 500;/, 'for at most 500 ms'],
  ['proxy/transport.ts', /maxConnections = 4096;/, '4096 sockets'],
  ['proxy/transport.ts', /maxConnectTime = 10_000;/, 'Connecting takes at most 10 s'],
  ['proxy/transport.ts', /maxHeaderSize: 64 \* 1024,/, '| head of an answer | 64 KiB |'],
  ['proxy/health.ts', /interval = 5000;/, 'asked about every 5 s'],
  ['proxy/health.ts', /timeout = 2000;/, 'within 2 s is healthy'],
  ['proxy/health.ts', /failuresOut = 2;\s*const successesIn = 2;/, '2 in a row'],
  ['proxy/instances.ts', /longestStreak = 5;/, '5 failed attempts in a row'],
  ['proxy/instances.ts', /rest = 10_000;/, 'a rest of 10 s'],
  ['proxy/open-upstream.ts', /isMonolith \? 60_000 : 10_000/, '(10 s, the monolith 60 s)'],
  ['proxy/upstreams.ts', /linger = 5000;/, 'is closed 5 s later'],
  ['proxy/upload.ts', /linger = 5000;/, 'is taken for 5 s'],
  ['open.ts', /maxUrl = 8 \* 1024;/, '| URL | 8 KiB |'],
  ['open.ts', /maxFields = 512;/, '| fields | 512 |'],
  ['server.ts', /maxHead = 32 \* 1024;/, '| head | 32 KiB |'],
  ['server.ts', /[hH]eadTime = 30_000;/, '| time for the head | 30 s |'],
  ['server.ts', /goodbyeTime = 500;/, 'have 500 ms more'],
  ['edge/schema.ts', /100MiB/, 'default 100 MiB'],
];

describe('docs/when-an-upstream-fails.md', () => {
  it.each(bounds)('gives the bound that %s has: %s', (file, code, text) => {
    expect(readPage(`gateway/${file}`)).toMatch(code);
    expect(page).toContain(text);
  });

  it('gives the defaults of the file', () => {
    expect(breaker.parse({})).toEqual({ errors: 50, window: 10_000, minimum: 20, pause: 5000 });
    expect(page).toContain('at least 20 attempts of the last 10 s ended and 50 % of them badly');
    expect(page).toContain('After 5 s one request is the probe');
    expect(upstream.parse({ url: 'http://a:1', retry: {} })).toMatchObject({
      ...{ idle: 60_000, retry: { attempts: 2, budget: 20 } },
    });
    expect(page).toContain('`idle` (60 s)');
    expect(page).toContain('`attempts` in total (2)');
    expect(page).toContain('the budget (20 % of requests');
    expect(drain.parse({})).toEqual({ delay: 0, timeout: 30_000 });
    expect(page).toContain('`drain.delay` (0 s)');
    expect(page).toContain('`drain.timeout` (30 s)');
  });

  it('names statuses and codes that belong together', () => {
    const rows = tableOf(readPage('docs/when-an-upstream-fails.md'), 'bound');
    for (const [, , beyond = ''] of rows) {
      const [code = ''] = codesIn(beyond);
      const row = Object.entries(errors).find(([name]) => name === code)?.[1];
      expect(beyond).toBe(`${row?.status} \`${code}\``);
    }
  });
});
