import type { Environment } from './environment.ts';
import type { Finding, KeyPath, Place, Problem } from './problem.ts';
import { type Fault, type MappingNode, parseTree, type ScalarNode, type TreeNode } from './tree.ts';
import { toValues } from './values.ts';

/** One file of a config: its text, its tree, its values, and where everything stands. */
export class Source {
  readonly file: string;
  readonly text: string;
  readonly root: MappingNode | undefined;
  /** Plain values with the environment put in; top-level keys with nothing behind them are left out. */
  values: Readonly<Record<string, unknown>> = {};
  /** What is wrong with it as YAML, and with its `${…}`. */
  readonly problems: readonly Problem[];
  readonly #env: Environment;
  readonly #retyped: ReadonlySet<ScalarNode>;
  #lineStarts: number[] | undefined;

  constructor(file: string, text: string, env: Environment) {
    this.file = file;
    this.text = text;
    this.#env = env;
    const { root, faults } = parseTree(text);
    this.root = root;
    const values = root === undefined ? undefined : toValues(root, env);
    this.#retyped = values?.retyped ?? new Set();
    this.values = withoutNothing(values?.value);
    this.problems = [...faults, ...(values?.faults ?? [])].map(fault => this.#problem(fault));
  }

  /**
   * Takes back the types that the environment gave to scalars at these paths, since text may be what is asked for.
   * False if there are none.
   */
  readAsText(paths: Iterable<KeyPath>): boolean {
    const asText = new Set<ScalarNode>();
    for (const path of paths) {
      const { node } = this.#find(path);
      if (node?.kind === 'scalar' && this.#retyped.has(node)) asText.add(node);
    }
    if (asText.size === 0 || this.root === undefined) return false;
    this.values = withoutNothing(toValues(this.root, this.#env, asText).value);
    return true;
  }

  locate(finding: Finding): Problem {
    return { ...finding, ...this.#place(finding.path, finding.atKey ?? false) };
  }

  /** Where the value stands; its key where it has none; the nearest thing around it where the path ends early. */
  #place(path: KeyPath, atKey: boolean): Place {
    const { node, keyOffset, isWhole } = this.#find(path);
    const isEmpty = node === undefined || (node.kind === 'scalar' && node.start === node.end);
    const offset = (atKey || !isWhole || isEmpty ? keyOffset : undefined) ?? node?.start ?? 0;
    return this.#placeAt(offset);
  }

  #find(path: KeyPath): { node: TreeNode | undefined; keyOffset: number | undefined; isWhole: boolean } {
    let node: TreeNode | undefined = this.root;
    let keyOffset: number | undefined;
    for (const key of path) {
      if (node?.kind === 'mapping') {
        const entry = node.entries.get(String(key));
        if (entry === undefined) return { node, keyOffset, isWhole: false };
        keyOffset = entry.key.start;
        node = entry.value;
      } else if (node?.kind === 'sequence') {
        const item: TreeNode | undefined = node.items[Number(key)];
        if (item === undefined) return { node, keyOffset, isWhole: false };
        keyOffset = item.start;
        node = item;
      } else return { node, keyOffset, isWhole: false };
    }
    return { node, keyOffset, isWhole: true };
  }

  #placeAt(offset: number): Place {
    this.#lineStarts ??= lineStartsOf(this.text);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  #problem({ code, offset, message, path = [] }: Fault): Problem {
    return { severity: 'error', code, path, message, ...this.#placeAt(offset) };
  }
}

/** `routes:` with every entry commented out is as good as no `routes:`. */
function withoutNothing(value: unknown): Record<string, unknown> {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== null));
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
