import { compileRules } from './rules.ts';
import type { RulesOrder } from './shadowing.ts';

interface Known {
  readonly hash: string;
  /** Wall clock, milliseconds: then a rule expires, and the others have another hash. */
  readonly validUntil: number;
}

const known = new WeakMap<RulesOrder, Known>();

/** The hash of the rules that hold now, to which evidence belongs. @param now wall clock, milliseconds. */
export function rulesHash(order: RulesOrder, now: number): string {
  const found = known.get(order);
  if (found !== undefined && now < found.validUntil) return found.hash;
  const { config, origins, apiKeyHeader } = order;
  const { hash, validUntil } = compileRules(config, { origins, now, apiKeyHeader });
  known.set(order, { hash, validUntil });
  return hash;
}
