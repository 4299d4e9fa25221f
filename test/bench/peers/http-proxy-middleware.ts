/** Stock http-proxy-middleware on Express, with a keep-alive agent and nothing else. */
import http from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const [port, upstream] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

express()
  .disable('x-powered-by')
  .use(createProxyMiddleware({ target: `http://127.0.0.1:${upstream}`, agent }))
  .listen(Number(port), '127.0.0.1');
