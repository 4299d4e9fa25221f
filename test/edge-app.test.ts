import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createEvents } from '../gateway/core/events.ts';
import { createEdgeApp } from '../gateway/edge-app.ts';
import type { Pipeline } from '../gateway/pipeline.ts';

it('gives messages their prototype at birth, so that Express changes none', async () => {
  const seen: { isBorn: boolean; hasExpress: boolean }[] = [];
  const pipeline: Pipeline = {
    inFlight: new Set(),
    async upgrade() {},
    async handle(req: IncomingMessage, res: ServerResponse) {
      const [born, answer] = [messages.IncomingMessage?.prototype, messages.ServerResponse?.prototype];
      seen.push({
        isBorn: Object.getPrototypeOf(req) === born && Object.getPrototypeOf(res) === answer,
        hasExpress: 'accepts' in req && 'redirect' in res,
      });
      res.end();
    },
  };
  const { handle, messages } = createEdgeApp(pipeline, createEvents());
  const server = createServer(messages, handle).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  await new Promise(resolve =>
    get({ port: (server.address() as AddressInfo).port, agent: false }, res =>
      res.resume().once('end', resolve),
    ),
  );
  await new Promise(resolve => server.close(resolve));
  expect(seen).toEqual([{ isBorn: true, hasExpress: true }]);
});
