import { type CompiledRules, compileRules } from './compare/rules.ts';
import { compareDefaults, type RulesConfig } from './compare/schema.ts';
import type { Config } from './schema.ts';

const nowhere = { legacy: [], service: [] };

/** The rules of a route, compiled once for each config: a recording is redacted by them. */
export function createRecordRules(
  config: () => Config,
  wall: () => number,
): (route: string) => CompiledRules {
  const known = new WeakMap<Config, Map<string, CompiledRules>>();
  return name => {
    const current = config();
    const rules = known.get(current) ?? new Map<string, CompiledRules>();
    known.set(current, rules);
    const found = rules.get(name);
    if (found !== undefined) return found;
    const asked: RulesConfig = current.routes[name]?.compare ?? compareDefaults();
    const apiKeyHeader = current.auth?.apiKeys?.header;
    const compiled = compileRules(asked, { origins: nowhere, now: wall(), apiKeyHeader });
    rules.set(name, compiled);
    return compiled;
  };
}
