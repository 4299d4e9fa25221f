import { type Clock, systemClock } from './clock.ts';
import { createHttpClient } from './http-client.ts';
import type { Tls } from './tls.ts';

/** The key set of an issuer (RFC 7517 §5), fetched when it is first needed. */
export interface KeySource {
  /** The keys as they are known; fetches them if they are older than five minutes, and waits only if there are none yet. */
  keys(): Promise<JsonWebKeySet | undefined>;
  /** The keys after another look, since a token names one that is not among them: at most one look in ten seconds. */
  again(): Promise<JsonWebKeySet | undefined>;
  close(): void;
}

export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

const freshFor = 5 * 60_000;
const againEvery = 10_000;
/** Between two looks while none succeeds: whoever asks meanwhile is told at once. */
const retryEvery = 1000;
const timeout = 3000;

/** Keys live on while the issuer is away, however long. Concurrent callers share one look. */
export function openKeySource(
  url: string,
  { tls, clock = systemClock }: { tls?: Tls | undefined; clock?: Clock | undefined } = {},
): KeySource {
  const client = createHttpClient(tls);
  let current: JsonWebKeySet | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  const fetchKeys = async (): Promise<void> => {
    triedAt = clock.now();
    try {
      const signal = AbortSignal.timeout(timeout);
      const headers = { accept: 'application/json' };
      const answer = await client.send({ url: new URL(url), method: 'GET', headers, signal });
      if (answer.status !== 200) return;
      const keys = parseKeySet(answer.body.toString('utf8'));
      if (keys === undefined) return;
      current = keys;
      fetchedAt = clock.now();
    } catch {
      // Away, or talking nonsense: what is known lives on, and the next one to ask looks again.
    }
  };
  const look = (pause: number): Promise<void> => {
    if (running === undefined && clock.now() - triedAt >= pause) {
      running = fetchKeys().finally(() => {
        running = undefined;
      });
    }
    return running ?? Promise.resolve();
  };
  return {
    async keys() {
      if (current === undefined) await look(retryEvery);
      else if (clock.now() - fetchedAt >= freshFor) void look(retryEvery);
      return current;
    },
    async again() {
      await look(againEvery);
      return current;
    },
    close: () => client.close(),
  };
}

function parseKeySet(text: string): JsonWebKeySet | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys))
    return undefined;
  return { keys: value.keys.filter(key => typeof key === 'object' && key !== null) };
}
