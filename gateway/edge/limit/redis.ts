/** Connections to Redis that come back by themselves. The only file that knows the client, which is loaded when it is needed. */
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
  const connection = connectTo(url, listener);
  let sha: string | undefined;

  return {
    get isReady() {
      return connection.client?.isReady ?? false;
    },
    async run(keys, args) {
      const { client } = connection;
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
    close: connection.close,
  };
}

/** A channel of Redis: what anybody publishes there all who listen hear, and nobody else ever does. */
export interface RedisChannel {
  /** Forgotten where there is no connection. */
  send(text: string): void;
  close(): void;
}

export interface RedisChannelListener extends RedisListener {
  /** Also what this process sent. */
  heard(text: string): void;
}

/**
 * Two connections, since one that listens may not send.
 * @param name of the channel; the number of the database is added, since channels are the same for all of them.
 */
export function openRedisChannel(url: string, name: string, listener: RedisChannelListener): RedisChannel {
  const channel = `${name}:${URL.parse(url)?.pathname.slice(1) || '0'}`;
  const lost = listener.lost;
  let isListening = false;
  const ready = (): void => {
    if (isListening && sender.client?.isReady === true && receiver.client?.isReady === true) listener.ready();
  };
  const listen = async (): Promise<void> => {
    try {
      // The client listens again by itself after it was away.
      if (!isListening) await receiver.client?.subscribe(channel, listener.heard);
      isListening = true;
      ready();
    } catch (error) {
      lost(reasonOf(error));
    }
  };
  const sender = connectTo(url, { ready, lost });
  const receiver = connectTo(url, { ready: () => void listen(), lost });

  return {
    send(text) {
      sender.client?.publish(channel, text).catch((error: unknown) => lost(reasonOf(error)));
    },
    close() {
      sender.close();
      receiver.close();
    },
  };
}

interface RedisConnection {
  /** Undefined until the client is loaded. */
  readonly client: RedisClientType | undefined;
  close(): void;
}

function connectTo(url: string, listener: RedisListener): RedisConnection {
  let client: RedisClientType | undefined;
  let isClosed = false;

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
    get client() {
      return client;
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
