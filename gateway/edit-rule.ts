/** A rule of comparison written into the routes file, beside those that are there. */
import type { RuleOfSignature } from './compare/rule-of-signature.ts';
import { appendItem, type Item } from './config/append.ts';
import { EditRefused } from './config/edit.ts';
import { parseTree } from './config/tree.ts';
import { type Edited, type Env, find, loadEdited, type Sources } from './edit-stage.ts';

export interface RuleEdit {
  readonly route: string;
  readonly rule: Extract<RuleOfSignature, { item: unknown }>;
  /** Stands beside a rule that has no room for it. */
  readonly reason: string;
}

/**
 * What the files would be with the rule, and what the loader says of that. Writes nothing. Throws EditRefused.
 * @param sources the files as they are, the main one first. A route in an included file is edited there.
 */
export async function editRule(sources: Sources, env: Env, edit: RuleEdit): Promise<Edited> {
  const { route, rule, reason } = edit;
  const home = sources.find(({ text }) => find(parseTree(text).root, ['routes', route]) !== undefined);
  if (home === undefined) throw new EditRefused(`routes.${route} stands in none of the files`);
  const { file, text } = home;
  const path = ['routes', route, 'compare', rule.key];
  const item: Item = typeof rule.item === 'string' ? rule.item : present(rule.item);
  const comment = typeof rule.item === 'string' ? reason : undefined;
  const after = appendItem(text, { path, item, comment });
  return loadEdited(sources[0]?.file ?? '', env, [{ file, before: text, after }]);
}

const present = (item: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(item).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
