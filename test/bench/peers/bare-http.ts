/** The least that forwards: node:http, http.request and pipe. */
import http from 'node:http';

const [port, upstream] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

http
  .createServer((req, res) => {
    const { method, url, headers } = req;
    const forwarded = http.request(
      { host: '127.0.0.1', port: Number(upstream), method, path: url, headers, agent },
      answer => {
        res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(res);
      },
    );
    forwarded.on('error', () => res.destroy());
    req.pipe(forwarded);
  })
  .listen(Number(port), '127.0.0.1');
