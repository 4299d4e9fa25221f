import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AdminDeps, WorkerStatus } from './admin/deps.ts';
import type { Edge } from './edge/services.ts';
import type { Upstreams } from './proxy/upstreams.ts';
import type { Workers } from './serving.ts';

/** What is seen where clients are served: here, or in workers. */
export type Seen = Pick<AdminDeps, 'upstreams' | 'limits' | 'keySets' | 'workers'>;

export interface SeenParts {
  readonly upstreams: Pick<Upstreams, 'status'>;
  readonly edge: Pick<Edge, 'limits' | 'keySets'>;
  readonly workers: Workers | undefined;
}

export const seenOf = ({ upstreams, edge, workers }: SeenParts): Seen =>
  workers === undefined
    ? { upstreams: upstreams.status, limits: edge.limits, keySets: edge.keySets, workers: () => [] }
    : {
        upstreams: workers.upstreams,
        limits: () => workers.limits(edge.limits()),
        keySets: () => workers.keySets(edge.keySets()),
        workers: workers.list,
      };

export const countWorkers = (list: readonly WorkerStatus[]): { serving: number; restarts: number } => ({
  serving: list.filter(({ state }) => state === 'serving').length,
  restarts: list.reduce((sum, { restarts }) => sum + restarts, 0),
});

/** Probes tell of this process, and must not wait for others. */
const ungathered: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/** Takes in what workers have seen before the admin port answers, so that it tells of all that was served. */
export const gatherFirst =
  (app: (req: IncomingMessage, res: ServerResponse) => void, workers: Workers): RequestListener =>
  (req, res) => {
    if (ungathered.has(req.url ?? '')) app(req, res);
    else void workers.gather().then(() => app(req, res));
  };
