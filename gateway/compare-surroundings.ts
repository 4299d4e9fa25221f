import type { Surroundings } from './compare/rules.ts';
import type { Config } from './schema.ts';

/** What the rest of the config says that the rules of one route rest on. */
export function surroundingsOf(config: Config, route: string, now: number): Surroundings {
  const originsOf = (name: string | undefined): readonly string[] => {
    const upstream = name === undefined ? undefined : config.upstreams[name];
    return upstream === undefined
      ? []
      : (upstream.urls ?? (upstream.url === undefined ? [] : [upstream.url]));
  };
  return {
    origins: { legacy: originsOf(config.monolith), service: originsOf(config.routes[route]?.service) },
    now,
    apiKeyHeader: config.auth?.apiKeys?.header,
  };
}
