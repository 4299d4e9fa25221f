/** A connection to Redis that comes back by itself. The only file that knows the client, which is loaded when it is needed. */
import type { RedisClientType } from '@redis/client';

/** Milliseconds to the first attempt to connect again; doubled for each further one. */
const firstPause = 50;
const longestPause = 1000;

/** A connection that is silent for so long is given up, milliseconds; it is pinged more often. */
const silence = 5000;
const pingEvery = 1000;

export interface Redis {
  readonly isReady: boolean;
  /** Runs the script that the connection was opened for. Rejects where Redis is not there, or refuses. */
  run(keys: readonly string[], args: readonly string[]): Promise<unknown>;
  close(): void;
}

export interface RedisListener {
  ready(): void;
  /** There is no connection, or not any more. Called again for each attempt that fails. */
  lost(reason: string): void;
}

/** @param url `redis://…` or `rediss://…`, checked when the config was loaded. It is never shown: it may hold a password. */
export function openRedis(url: string, script: string, listener: RedisListener): Redis {
  let client: RedisClientType | undefined;
  let isClosed = false;
  let sha: string | undefined;

  const connect = async (): Promise<void> => {
    const { createClient } = await import('@redis/client');
    if (isClosed) return;
    client = createClient({
      url,
      name: 'figway',
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      pingInterval: pingEvery,
      socket: { socketTimeout: silence, reconnectStrategy: pauseBefore },
    }) as unknown as RedisClientType;
    client.on('ready', listener.ready);
    client.on('error', (error: unknown) => listener.lost(reasonOf(error)));
    await client.connect();
  };

  connect().catch((error: unknown) => {
    if (!isClosed) listener.lost(reasonOf(error));
  });

  return {
    get isReady() {
      return client?.isReady ?? false;
    },
    async run(keys, args) {
      if (client === undefined) throw new Error('not connected yet');
      const rest = [String(keys.length), ...keys, ...args];
      if (sha !== undefined)
        try {
          return await client.sendCommand(['EVALSHA', sha, ...rest]);
        } catch (error) {
          // Redis was restarted, or its scripts were flushed.
          if (!reasonOf(error).startsWith('NOSCRIPT')) throw error;
        }
      sha = String(await client.sendCommand(['SCRIPT', 'LOAD', script]));
      return client.sendCommand(['EVALSHA', sha, ...rest]);
    },
    close() {
      isClosed = true;
      client?.destroy();
    },
  };
}

/** With jitter, so that processes do not all come back at once. */
const pauseBefore = (retries: number): number =>
  Math.min(firstPause * 2 ** retries, longestPause) * (0.5 + Math.random() / 2);

/** No address: of several attempts at once node says only the code. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
};
