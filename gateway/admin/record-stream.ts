import type { ServerResponse } from 'node:http';
import { recordBounds } from '../compare/record-account.ts';
import { Refusal } from '../core/errors.ts';
import { type Caller, requireRoutes } from './caller.ts';
import type { AdminDeps } from './deps.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';

const defaultTime = 10 * 60_000;
export const longestTime = 24 * 3_600_000;
/** Bytes that a slow reader may be behind before lines are left out. */
const backlogBound = 8 * 1024 * 1024;
/** Milliseconds between two lines that tell how far it is, so that silence does not look like an end. */
const beat = 5000;

interface Asked {
  readonly deps: AdminDeps;
  readonly caller: Caller;
  readonly res: ServerResponse;
  readonly query: { readonly route: string | undefined; readonly for: number | undefined };
}

/**
 * Exchanges as they pass by, a JSON object a line. Lines with the one key `figway` are no exchanges: they tell what was
 * recorded and left out so far, and the last one why it ended.
 */
export function streamRecording({ deps, caller, res, query }: Asked): void {
  const { route, for: time = defaultTime } = query;
  if (route !== undefined) routeOf(deps, route);
  requireRecordable(caller, route);
  if (time > longestTime)
    throw new AdminRefusal('bad-request', `query: for: expected at most 24h, got ${time} ms`);
  let cancelBeat = () => {};
  const tell = (fields: object): boolean => res.write(`${JSON.stringify({ figway: fields })}\n`);
  const opened = deps.recording.open({
    ...{ route, time },
    write(line) {
      if (res.writableLength > backlogBound) return false;
      res.write(`${line}\n`);
      return true;
    },
    onEnd(ended, counts) {
      cancelBeat();
      tell({ ...counts, ended });
      res.end();
    },
  });
  if (opened === undefined)
    throw new AdminRefusal(
      'too-many-listeners',
      `${recordBounds.recordings} recordings are under way, no more are begun`,
    );
  res.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  const tick = (): void => {
    tell(opened.counts);
    cancelBeat = deps.clock.after(beat, tick);
  };
  tick();
  res.once('close', () => {
    cancelBeat();
    opened.stop();
  });
}

/** All routes are recorded only for those who may see all. */
function requireRecordable(caller: Caller, route: string | undefined): void {
  if (route !== undefined) requireRoutes(caller, [route]);
  else if (caller.routes !== undefined)
    throw new Refusal('role-missing', `${caller.id} may record its own routes, not all: name one`);
}
