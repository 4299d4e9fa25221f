import { IncomingMessage, type RequestListener, type ServerOptions, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import { answerCrash } from './answer.ts';
import type { Events } from './core/events.ts';
import type { Pipeline } from './pipeline.ts';

/** As `http.createServer` takes them. */
export type MessageClasses = Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;

/** The Express app in front of the pipeline, and the classes of message that the server makes for it. */
export interface EdgeApp {
  readonly handle: RequestListener;
  readonly messages: MessageClasses;
}

/** One layer: the pipeline. What it does not catch itself is a bug of ours, and is answered as such. */
export function createEdgeApp(pipeline: Pipeline, events: Events): EdgeApp {
  const app = express().disable('x-powered-by').disable('etag');
  app.use((req, res) => pipeline.handle(req, res));
  app.use(((error: unknown, _req, res, _next) => {
    events.emit({ type: 'crashed', error });
    answerCrash(res);
  }) satisfies ErrorRequestHandler);

  // Express gives every message another prototype, which spoils V8's knowledge of its shape, a tenth of the whole
  // cost of a request. Born with that prototype, a message stays as it is.
  class EdgeRequest extends IncomingMessage {}
  class EdgeResponse extends ServerResponse {}
  Object.setPrototypeOf(EdgeRequest.prototype, app.request);
  Object.setPrototypeOf(EdgeResponse.prototype, app.response);
  app.request = EdgeRequest.prototype as Request;
  app.response = EdgeResponse.prototype as Response;

  return {
    // Express passes by a target that it cannot parse, `http://`; the pipeline has an answer to that.
    handle: (req, res) => app(req as Request, res as Response, () => void pipeline.handle(req, res)),
    messages: { IncomingMessage: EdgeRequest, ServerResponse: EdgeResponse as typeof ServerResponse },
  };
}
