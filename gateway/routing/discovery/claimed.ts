import { samplePath } from '../places.ts';
import type { Table } from '../table.ts';
import { parseTarget } from '../target.ts';

/** Whether a route claims requests like these by now, on whatever host; conditions on fields and query are not met. */
export function isClaimed(table: Table, method: string, template: string): boolean {
  const facts = { method, host: '', target: parseTarget(samplePath(template)), headers: {} };
  return table.match(facts).kind === 'route';
}

/** The methods of a template that no route claims. */
export function unclaimedMethods<Value>(
  table: Table,
  template: string,
  methods: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  const entries = Object.entries(methods).filter(([method]) => !isClaimed(table, method, template));
  return Object.fromEntries(entries);
}
