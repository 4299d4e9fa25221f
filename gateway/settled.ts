import type { Config } from './schema.ts';

/** What is settled when the gateway starts: a changed value waits for the next start. Each by its key. */
const settled: Readonly<Record<string, (config: Config) => unknown>> = {
  'listen.gateway': ({ listen }) => listen.gateway,
  'listen.idle': ({ listen }) => listen.idle,
  'listen.tls': ({ listen }) => listen.tls !== undefined,
  'admin.listen': ({ admin }) => admin.listen,
  store: ({ store }) => JSON.stringify(store),
};

/** Keys whose values in the file that was read last are not those that run. */
export const waitsForRestart = (started: Config, read: Config): readonly string[] =>
  Object.keys(settled).filter(key => settled[key]?.(started) !== settled[key]?.(read));
