import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { eventually, openRig, planFor, upstreamAt } from '../kit/proxy-rig.ts';
import { openRaw, sendRaw } from '../kit/raw.ts';
import { answerOf, openScripted } from '../kit/scripted-upstream.ts';

const MiB = 1024 * 1024;

async function openHttp(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise<unknown>(resolve => {
        server.close(resolve);
      });
    },
  };
}

/** Writes `total` bytes as fast as they are taken. */
function pour(
  total: number,
  write: (chunk: Buffer) => boolean,
  onDrain: (call: () => void) => void,
  end: () => void,
) {
  const chunk = Buffer.alloc(64 * 1024);
  let left = total;
  const go = (): void => {
    while (left > 0) {
      left -= chunk.length;
      if (!write(chunk)) {
        onDrain(go);
        return;
      }
    }
    end();
  };
  go();
}

test('streams 200 MiB each way without keeping it', { timeout: 60_000 }, async () => {
  const size = 200 * MiB;
  const upstream = await openHttp((req, res) => {
    let got = 0;
    req.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    req.on('end', () => {
      res.setHeader('x-got', got);
      pour(
        size,
        chunk => res.write(chunk),
        call => res.once('drain', call),
        () => res.end(),
      );
    });
  });
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin, { timeout: 60_000 })) });
  let top = 0;
  const before = process.memoryUsage.rss();
  const watch = setInterval(() => {
    top = Math.max(top, process.memoryUsage.rss() - before);
  }, 20);
  const [got, down] = await new Promise<[string, number]>((resolve, reject) => {
    const asked = request(`${rig.url}/`, { method: 'POST' }, res => {
      let bytes = 0;
      res.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      res.on('end', () => resolve([String(res.headers['x-got']), bytes]));
      res.on('error', reject);
    });
    asked.on('error', reject);
    pour(
      size,
      chunk => asked.write(chunk),
      call => asked.once('drain', call),
      () => asked.end(),
    );
  });
  clearInterval(watch);
  expect([got, down]).toEqual([String(size), size]);
  // Client, gateway and upstream share this process.
  expect(top).toBeLessThan(128 * MiB);
  await upstream.close();
});

test('lets a slow client slow the upstream down', async () => {
  let written = 0;
  const upstream = await openHttp((_, res) => {
    pour(
      100 * MiB,
      chunk => {
        written += chunk.length;
        return res.write(chunk);
      },
      call => res.once('drain', call),
      () => res.end(),
    );
  });
  const target = upstreamAt(upstream.origin, { idle: 50 });
  await using rig = await openRig({ plan: planFor(target) });
  const client = await openRaw(rig.url);
  client.socket.pause();
  client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  let last = -1;
  let same = 0;
  await eventually(() => {
    same = written > 0 && written === last ? same + 1 : 0;
    last = written;
    return same > 100;
  }, 'the upstream stands still');
  expect(written).toBeLessThan(32 * MiB);
  // Nor is the client's slowness taken for the upstream's silence.
  expect(target.ends).toEqual([]);
  client.close();
  await eventually(() => target.ends.length === 1, 'settled');
  expect(target.ends).toEqual(['unknown']);
  await upstream.close();
});

test.each([0, 1, 256, 8 * 1024, 8 * 1024 + 1, 100_000])(
  'passes %i bytes of any value as they are',
  async size => {
    const body = Buffer.from(Array.from({ length: size }, (_, at) => at % 256));
    const upstream = await openHttp((req, res) => {
      if (req.url === '/chunked') {
        res.write(body.subarray(0, size / 2));
        res.end(body.subarray(size / 2));
      } else res.end(body);
    });
    await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
    for (const path of ['/whole', '/chunked']) {
      const answer = await sendRaw(rig.url, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      expect(answer.body.equals(body)).toBe(true);
    }
    await upstream.close();
  },
);

test('passes server-sent events one by one', async () => {
  const sockets: Socket[] = [];
  const upstream = await openScripted((_, { socket }) => {
    sockets.push(socket);
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
  });
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  const client = await openRaw(rig.url);
  client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await client.until(/\r\n\r\n/);
  for (const n of [1, 2, 3]) {
    sockets[0]?.write(`9\r\ndata: ${n}\n\n\r\n`);
    await client.until(new RegExp(`data: ${n}\n\n`));
  }
  client.close();
  await upstream.close();
});

test('passes an upload on as it comes', async () => {
  const upstream = await openScripted((bytes, { socket }) => {
    if (bytes.includes('last')) socket.write(answerOf(200, []));
  });
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  const client = await openRaw(rig.url);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
  await eventually(() => upstream.received.includes('first'), 'the first chunk is there');
  client.send('4\r\nlast\r\n0\r\n\r\n');
  expect((await client.answer()).status).toBe(200);
  client.close();
  await upstream.close();
});

test('keeps connections to the upstream, also after chunked uploads', async () => {
  const upstream = await openHttp((req, res) => {
    req.resume().on('end', () => res.end('ok'));
  });
  const target = upstreamAt(upstream.origin);
  await using rig = await openRig({ plan: planFor(target) });
  const upload = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n';
  for (let i = 0; i < 5; i++) expect((await sendRaw(rig.url, upload)).status).toBe(200);
  expect(target.status().openConnections).toBe(1);
  await upstream.close();
});
