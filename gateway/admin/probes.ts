import type { ServerResponse } from 'node:http';
import type { AdminDeps } from './deps.ts';

/** The process runs and its event loop turns. */
export const answerLive = (res: ServerResponse): void => answer(res, 200, 'ok');

/** A refused config is no reason: the last good one serves. Nor is a lost worker, while others serve. */
export function answerReady(
  res: ServerResponse,
  { draining, workers }: Pick<AdminDeps, 'draining' | 'workers'>,
): void {
  const reason = draining();
  const all = workers();
  if (reason !== undefined) answer(res, 503, `draining: ${reason}`);
  else if (all.length > 0 && all.every(({ state }) => state !== 'serving'))
    answer(res, 503, `none of ${all.length} workers serves`);
  else answer(res, 200, 'ok');
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.statusCode = status;
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.end(`${text}\n`);
}
