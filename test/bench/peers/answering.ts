/** A node:http server that answers by itself: the ceiling of anything on node:http. */
import http from 'node:http';
import { body, respelled } from '../body.ts';

const [port, name = 'answering', spelling = 'plain'] = process.argv.slice(2);
const answer = spelling === 'plain' ? body : respelled;
const headers = {
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(answer),
  'x-side': name,
};

http
  .createServer({ keepAliveTimeout: 3_600_000 }, (_req, res) => {
    res.writeHead(200, headers);
    res.end(answer);
  })
  .listen(Number(port), '127.0.0.1');
