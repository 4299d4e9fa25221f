import { describe, expect, it } from 'vitest';
import { type Format, readRecording } from '../../gateway/offline/read.ts';
import type { Read } from '../../gateway/offline/recorded.ts';

/** Given in chunks of a few bytes, so that every place is once the end of a chunk. */
async function* inChunks(text: string, size: number) {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(text: string, format?: Format, size = 7) {
  const recording = await readRecording(inChunks(text, size), format);
  if (recording === undefined) return undefined;
  return { format: recording.format, reads: await Array.fromAsync(recording.reads) };
}

/** `GET /orders/42 200`, or what else became of it. */
const toText = (read: Read): string => {
  if ('fault' in read) return `${read.place}: ${read.fault}`;
  if ('passed' in read) return `passed: ${read.passed}`;
  const { method, target, status } = read.request;
  return `${method} ${target} ${status ?? '-'}`;
};

const texts = async (text: string, format?: Format) => {
  const all = await readAll(text, format);
  return { format: all?.format, reads: all?.reads.map(toText) };
};

describe('an access log', () => {
  it('is read in the common and the combined format', async () => {
    const log = [
      '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326',
      '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "GET /orders/42?full=1 HTTP/1.1" 404 153 "http://shop.example/" "Mozilla/5.0 (X11) \\"odd\\""',
      'shop.example:443 203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "HEAD / HTTP/2.0" 304 0 "-" "curl/8"',
    ].join('\n');
    expect(await texts(log)).toEqual({
      format: 'common',
      reads: ['GET /apache_pb.gif 200', 'GET /orders/42?full=1 404', 'HEAD / 304'],
    });
  });

  it('may hold what bots send and what nobody can read: the rest goes on', async () => {
    const log = [
      '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 1',
      '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "\\x16\\x03\\x01\\x00" 400 150 "-" "-"',
      '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "-" 408 0',
      'half a line',
      '',
      '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "GET /b HTTP/1.1" 200 1',
      '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "GET /c',
    ].join('\n');
    const { reads = [] } = await texts(log);
    expect(reads[0]).toBe('GET /a 200');
    expect(reads[1]).toMatch(/^line 2: no request line/);
    expect(reads[2]).toBe('passed: it has no request line');
    expect(reads[3]).toMatch(/^line 4: .*half a line/);
    expect(reads[4]).toBe('GET /b 200');
    expect(reads[5]).toMatch(/^line 7: /);
  });

  it('says that a POST had a body which it does not have', async () => {
    const log = '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "POST /orders HTTP/1.1" 201 1';
    const [read] = (await readAll(log))?.reads ?? [];
    expect(read).toMatchObject({ request: { method: 'POST', isBodyLost: true } });
  });

  it('is read as load balancers write it, classic and application', async () => {
    const classic =
      '2026-05-13T23:39:43.945958Z my-lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/orders/1?a=b HTTP/1.1" "curl/7.38.0" - -';
    const application =
      'https 2026-07-02T22:23:00.186641Z app/my-lb/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA TLSv1.2 arn:aws:x "Root=1" "www.example.com" "arn" 0 2026-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"';
    const socket = application.replace('https ', 'wss ');
    expect(await texts([classic, application, socket].join('\n'))).toEqual({
      format: 'elb',
      reads: ['GET /orders/1?a=b 200', 'GET / 200', 'passed: it is a WebSocket'],
    });
  });

  it('is read as JSON of nginx, and as access records of Figway', async () => {
    const log = [
      '{"time":"t","request":"GET /orders/1?a=1 HTTP/1.1","status":200}',
      '{"request_method":"GET","uri":"/orders/2","args":"b=2","status":"404"}',
      '{"method":"GET","path":"/orders/3","path_template":"/orders/:id","status":200,"route":"orders-read"}',
      '{"method":"GET","path":"/orders/3?token=***","path_template":"/orders/:id","status":200}',
      '{"method":"GET","path_template":"/orders/:id","status":200}',
      '{"time":"t","level":"info","event":"config-loaded"}',
      '{"time":"t",',
    ].join('\n');
    const { format, reads = [] } = await texts(log);
    expect(format).toBe('json');
    expect(reads.slice(0, 4)).toEqual([
      'GET /orders/1?a=1 200',
      'GET /orders/2?b=2 404',
      'GET /orders/3 200',
      'passed: its query was redacted',
    ]);
    expect(reads[4]).toBe('line 5: no path in it: Figway writes one with log: { paths: true }');
    expect(reads[5]).toBe('passed: it is a line of the log, not a request');
    expect(reads[6]).toMatch(/^line 7: no JSON object/);
  });
});

describe("Figway's recorded traffic", () => {
  it('is read with fields and body', async () => {
    const log = [
      '{"request":{"method":"GET","url":"/orders/1","headers":{"accept":["a","b"]}},"legacy":{"status":200}}',
      '{"request":{"method":"POST","url":"/orders","bodyBase64":"e30="},"service":{"status":201}}',
      '{"legacy":{"status":200},"service":{"status":200}}',
      '{"request":{"url":"/x","body":"a","bodyBase64":"e30="}}',
    ].join('\n');
    const all = await readAll(log);
    expect(all?.format).toBe('pairs');
    expect(all?.reads[0]).toMatchObject({ request: { fields: ['accept', 'a', 'accept', 'b'], status: 200 } });
    expect(all?.reads[1]).toMatchObject({ request: { body: Buffer.from('{}'), status: 201 } });
    expect(all?.reads.slice(2).map(toText)).toEqual([
      'line 3: request.url: expected the address that was asked, got nothing',
      'line 4: request: expected body as text or bodyBase64 as base64, and not both',
    ]);
  });
});

const entry = (url: string, more = '') =>
  `{"request":{"method":"GET","url":${JSON.stringify(url)},"headers":[{"name":":authority","value":"x"},{"name":"Accept","value":"*/*"}]${more}},"response":{"status":200,"content":{"text":"{\\"entries\\":[{]\\"\\\\"}}}`;
const har = (entries: readonly string[]) =>
  `{ "log": { "version": "1.2", "creator": {"name":"entries"}, "pages": [{"id":"p","pageTimings":{}}], "entries": [${entries.join(',\n')}] } }`;

describe('a HAR file', () => {
  it.each([1, 2, 3, 64, 100_000])('is read entry by entry, %i bytes at a time', async size => {
    const text = har([
      entry('http://shop.example/orders/1?a=ä'),
      entry('data:text/plain,x'),
      entry('wss://shop.example/live'),
      entry('https://cdn.example/x.js#part', ',"bodySize":0'),
    ]);
    const all = await readAll(text, undefined, size);
    expect(all?.format).toBe('har');
    expect(all?.reads.map(toText)).toEqual([
      'GET /orders/1?a=%C3%A4 200',
      'passed: it is no HTTP',
      'passed: it is a WebSocket',
      'GET /x.js 200',
    ]);
    expect(all?.reads[0]).toMatchObject({
      request: { origin: 'http://shop.example', fields: ['Accept', '*/*'] },
    });
  });

  it('gives the body that was posted, as text, form or base64', async () => {
    const posted = (postData: string, size = '') =>
      entry('http://a.example/', `,"postData":${postData}${size}`).replace('"GET"', '"POST"');
    const all = await readAll(
      har([
        posted('{"mimeType":"application/json","text":"{}"}'),
        posted('{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a","value":"b c"}]}'),
        posted('{"mimeType":"multipart/form-data","params":[{"name":"a"}]}', ',"bodySize":12'),
      ]),
    );
    expect(all?.reads[0]).toMatchObject({ request: { body: Buffer.from('{}') } });
    expect(all?.reads[1]).toMatchObject({ request: { body: Buffer.from('a=b+c') } });
    expect(all?.reads[2]).toMatchObject({ request: { isBodyLost: true } });
  });

  it('that breaks off keeps what came before, and says where', async () => {
    const text = har([entry('http://a.example/1'), entry('http://a.example/2')]);
    const { reads } = await texts(text.slice(0, -40));
    expect(reads).toEqual(['GET /1 200', 'entry 2: line 2: the file ends within this entry']);
  });

  it('names an entry that is not what it should be', async () => {
    const { reads } = await texts(har(['{"request":{}}', entry('http://a.example/2'), '{"request":nope}']));
    expect(reads).toEqual([
      'entry 1: request: expected method and url, got something else',
      'GET /2 200',
      'entry 3: not JSON',
    ]);
  });
});

it('a recording of no known kind is not guessed at', async () => {
  expect(await readAll('hello\nworld\n')).toBeUndefined();
  expect(await readAll('')).toBeUndefined();
});
