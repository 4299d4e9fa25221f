import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get, request } from 'node:http';
import { expect, it } from 'vitest';
import { startGatewayProcess } from '../kit/process.ts';
import { openUpstream } from '../kit/upstream.ts';

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;
const chunk = Buffer.alloc(mebibyte, 'x');

/** Writes a gibibyte, no faster than it is taken. */
async function pour(sink: NodeJS.WritableStream): Promise<void> {
  for (let sent = 0; sent < gibibyte; sent += chunk.length) if (!sink.write(chunk)) await once(sink, 'drain');
  sink.end();
}

it.skipIf(!existsSync('/proc/self/status'))(
  '1 GiB goes up and 1 GiB comes down in bounded memory',
  { timeout: 120_000 },
  async () => {
    const upstream = await openUpstream((req, res) => {
      if (req.method === 'GET') {
        res.writeHead(200, { 'content-length': String(gibibyte) });
        void pour(res);
        return;
      }
      let bytes = 0;
      req.on('data', (data: Buffer) => {
        bytes += data.length;
      });
      req.on('end', () => res.end(String(bytes)));
    });
    await using gateway = await startGatewayProcess(`
monolith: legacy
edge: { maxBody: 2GiB }
upstreams: { legacy: { url: "${upstream.url}" }, files: { url: "${upstream.url}" } }
routes:
  files: { match: [/files/*], service: files, stage: migrated, data: synced }
`);
    await (await fetch(`${gateway.url}/warm`, { method: 'POST', body: 'warm' })).text();
    const before = await gateway.memory();
    let highest = before;
    const watch = setInterval(
      () => void gateway.memory().then(now => (highest = Math.max(highest, now))),
      50,
    );

    const up = request(`${gateway.url}/files/a`, { method: 'POST' });
    const answered = once(up, 'response');
    await pour(up);
    const [upAnswer] = (await answered) as [AsyncIterable<Buffer>];
    let said = '';
    for await (const data of upAnswer) said += data;
    expect(said).toBe(String(gibibyte));

    const [down] = (await once(get(`${gateway.url}/files/a`), 'response')) as [AsyncIterable<Buffer>];
    let bytes = 0;
    for await (const data of down) bytes += data.length;
    expect(bytes).toBe(gibibyte);

    clearInterval(watch);
    await upstream.close();
    expect((highest - before) / mebibyte).toBeLessThan(128);
  },
);
