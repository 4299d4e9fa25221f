import type { ServerResponse } from 'node:http';

/** The process runs and its event loop turns. */
export const answerLive = (res: ServerResponse): void => answer(res, 200, 'ok');

/** A refused config is no reason: the last good one serves. */
export function answerReady(res: ServerResponse, draining: string | undefined): void {
  if (draining === undefined) answer(res, 200, 'ok');
  else answer(res, 503, `draining: ${draining}`);
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.statusCode = status;
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.end(`${text}\n`);
}
