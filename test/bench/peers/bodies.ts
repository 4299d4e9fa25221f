/** An upstream for big bodies: GET /bodies/<bytes> sends that many, anything with a body is counted and told. */
import http from 'node:http';

const [port] = process.argv.slice(2);
const block = Buffer.alloc(64 * 1024, 'fig ');

function send(res: http.ServerResponse, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const part = left < block.length ? block.subarray(0, left) : block;
      left -= part.length;
      if (!res.write(part)) return void res.once('drain', more);
    }
    res.end();
  };
  res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  more();
}

function count(req: http.IncomingMessage, res: http.ServerResponse): void {
  let bytes = 0;
  req.on('data', chunk => {
    bytes += chunk.length;
  });
  req.on('end', () => res.writeHead(200, { 'x-received': bytes }).end());
}

http
  .createServer((req, res) => {
    const asked = /^\/bodies\/(\d+)$/.exec(req.url ?? '');
    if (req.method === 'GET') send(res, Number(asked?.[1] ?? 0));
    else count(req, res);
  })
  .listen(Number(port), '127.0.0.1');
