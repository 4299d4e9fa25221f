import { createHash } from 'node:crypto';
import type { RulesConfig } from './schema.ts';

/** Only what changes a judgement counts: no reasons, no bounds of traffic, nothing about keeping. */
export function hashOf(config: RulesConfig): string {
  const { ignore, tolerance, types, allowAdded, hosts } = config;
  const judging = {
    ignore: inOneOrder(ignore.map(({ reason: _, expires: __, ...rule }) => rule)),
    unordered: inOneOrder(config.unordered),
    keyed: inOneOrder(Object.entries(config.keyed)),
    tolerance: inOneOrder(tolerance.map(({ reason: _, ...rule }) => rule)),
    types: inOneOrder(types),
    allowAdded: allowAdded === true || inOneOrder(allowAdded),
    statusEquivalent: inOneOrder(config.statusEquivalent.map(group => group.toSorted((a, b) => a - b))),
    nulls: [config.nullEqualsMissing, config.nullEqualsEmpty],
    embeddedJson: inOneOrder(config.embeddedJson),
    hosts: [inOneOrder(hosts?.legacy ?? []), inOneOrder(hosts?.service ?? [])],
    body: [config.body, config.maxBody],
  };
  return createHash('sha256').update(JSON.stringify(judging)).digest('hex').slice(0, 16);
}

/** Items as texts in one order, their own fields in one order too. */
const inOneOrder = (items: readonly unknown[]): string[] =>
  items
    .map(item =>
      JSON.stringify(
        typeof item === 'object' && item !== null && !Array.isArray(item)
          ? Object.entries(item)
              .filter(([, value]) => value !== undefined)
              .sort(([a], [b]) => (a < b ? -1 : 1))
          : item,
      ),
    )
    .sort();
