import { type Environment, parseCoreScalar, substitute } from './environment.ts';
import type { KeyPath } from './problem.ts';
import type { Fault, ScalarNode, TreeNode } from './tree.ts';

export interface Values {
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** Unquoted scalars whose text came from the environment and reads as something else than text. */
  readonly retyped: ReadonlySet<ScalarNode>;
}

/**
 * The plain values of a tree, with the environment put in. An alias gives the same object again.
 * @param asText scalars that stay text, since their place asks for text: a revision `1234567` is no number.
 */
export function toValues(
  root: TreeNode,
  env: Environment,
  asText: ReadonlySet<ScalarNode> = new Set(),
): Values {
  const faults: Fault[] = [];
  const retyped = new Set<ScalarNode>();
  const made = new Map<TreeNode, unknown>();

  const scalar = (node: ScalarNode, path: KeyPath): unknown => {
    const { text, isChanged, unset, malformed } = substitute(node.text, env);
    for (const name of unset)
      faults.push({
        code: 'unset-variable',
        offset: node.start,
        path,
        message: `expected the environment variable ${name}, got nothing; \${${name}:-default} gives a default`,
      });
    for (const written of malformed)
      faults.push({
        code: 'bad-placeholder',
        offset: node.start,
        path,
        message: `expected \${NAME} or \${NAME:-default}, got ${written}; \`$\${\` is a literal`,
      });
    if (node.style !== 'plain' || !isChanged || asText.has(node)) return text;
    const typed = parseCoreScalar(text);
    if (typeof typed !== 'string') retyped.add(node);
    return typed;
  };

  const convert = (node: TreeNode, path: KeyPath): unknown => {
    if (node.kind === 'scalar') return node.text.includes('${') ? scalar(node, path) : node.value;
    const known = made.get(node);
    if (known !== undefined) return known;
    if (node.kind === 'sequence') {
      const items = node.items.map((item, index) => convert(item, [...path, index]));
      made.set(node, items);
      return items;
    }
    const result: Record<string, unknown> = {};
    for (const [name, entry] of node.entries) result[name] = convert(entry.value, [...path, name]);
    made.set(node, result);
    return result;
  };

  return { value: convert(root, []), faults, retyped };
}
