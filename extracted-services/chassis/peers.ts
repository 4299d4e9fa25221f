import type { BreakerOptions } from './breaker.ts';
import type { Call } from './endpoint.ts';
import type { Metrics } from './metrics.ts';
import { createOutgoing, type Outgoing, type OutgoingAnswer } from './outgoing.ts';
import { OutgoingFailure } from './outgoing-failure.ts';
import { Problem } from './problem.ts';
import { readShape, type Shape } from './shape.ts';
import type { Tls } from './tls.ts';

/** Who asks: the call whose token and trace are passed on. */
export type Asker = Pick<Call, 'caller' | 'trace'>;

/** Other services, asked in the name of whoever calls: each decides by the caller's own token. */
export interface Peers<Name extends string> {
  /**
   * What `read` makes of the answer; undefined where there is nothing: 404, or 200 with `{ "error": … }` as the monolith
   * says it. Rejects with the Problem 401 `token-refused` or 403 `forbidden` if the peer refuses the caller, and with an
   * OutgoingFailure for everything else.
   */
  get<T>(name: Name, path: string, asker: Asker, read: (answer: Shape) => T): Promise<T | undefined>;
  close(): void;
}

export interface PeersOptions<Name extends string> {
  /** Base URLs. */
  readonly urls: Readonly<Record<Name, string>>;
  /** Milliseconds for a call with its attempts; default 2,000. */
  readonly timeout?: number | undefined;
  /** In total; default 2: whoever waits in front of a screen does not wait for a third. */
  readonly attempts?: number;
  readonly breaker?: BreakerOptions | undefined;
  readonly metrics: Metrics;
  readonly tls?: Tls | undefined;
}

/** In the metric: 0, 1, 2. */
const breakerStates = ['closed', 'half-open', 'open'] as const;

/** One client, and one breaker, for each. */
export function createPeers<Name extends string>(options: PeersOptions<Name>): Peers<Name> {
  const { timeout = 2000, attempts = 2, breaker = {}, metrics, tls } = options;
  const clients = new Map<string, Outgoing>(
    Object.entries<string>(options.urls).map(([name, baseUrl]) => [
      name,
      createOutgoing({ name, baseUrl, timeout, attempts, breaker, tls }),
    ]),
  );
  for (const [name, client] of clients) {
    metrics.gauge('peer_breaker_state', { peer: name }, () => breakerStates.indexOf(client.state()));
  }
  return {
    async get(name, path, asker, read) {
      try {
        const found = await ask(clients.get(name), { name, path, asker }, read);
        metrics.count('peer_requests_total', { peer: name, outcome: found === undefined ? 'nothing' : 'ok' });
        return found;
      } catch (error) {
        const outcome = error instanceof OutgoingFailure ? error.kind : 'denied';
        metrics.count('peer_requests_total', { peer: name, outcome });
        throw error;
      }
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

interface Question {
  readonly name: string;
  readonly path: string;
  readonly asker: Asker;
}

async function ask<T>(
  client: Outgoing | undefined,
  { name, path, asker }: Question,
  read: (answer: Shape) => T,
): Promise<T | undefined> {
  if (!client) throw new TypeError(`${name} is no peer`);
  const { token } = asker.caller;
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const answer = await client.request({ method: 'GET', path, headers, trace: asker.trace });
  if (isNothing(answer)) return undefined;
  if (answer.status === 401) throw new Problem(401, 'token-refused', `${name} does not take the token`);
  if (answer.status === 403) throw new Problem(403, 'forbidden', `${name} does not allow this`);
  if (answer.status !== 200) {
    const { status } = answer;
    throw new OutgoingFailure(name, 'status', { detail: `answered ${status}`, status });
  }
  return readShape(name, answer.json, read);
}

function isNothing({ status, json }: OutgoingAnswer): boolean {
  if (status !== 200) return status === 404;
  return typeof json === 'object' && json !== null && 'error' in json && typeof json.error === 'string';
}

/** A failure as the caller is told it: who, and what to make of it; not where it is, nor what it said. */
export function toPeerProblem({ service, kind }: OutgoingFailure): Problem {
  if (kind === 'timeout') return new Problem(504, 'peer-slow', `${service} did not answer in time`);
  if (kind === 'status' || kind === 'malformed') {
    return new Problem(502, 'peer-broken', `${service} answered with something that cannot be used`);
  }
  const headers = { 'retry-after': '2' };
  return new Problem(503, 'peer-away', `${service} cannot be reached now`, { headers });
}

/** Runs `work`; a failure of a peer becomes its Problem. */
export async function orPeerProblem<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof OutgoingFailure ? toPeerProblem(error) : error;
  }
}
