/** YAML text as a small tree of our own, with offsets. The only file that knows the package `yaml`. */

import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument, Scalar } from 'yaml';
import type { KeyPath } from './problem.ts';

interface Span {
  /** Offsets into the text; `end` is behind the last character of the node itself, without trailing comments. */
  readonly start: number;
  readonly end: number;
}

export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  readonly style: 'plain' | 'single' | 'double' | 'block';
  /** After unescaping; of a plain scalar the source. */
  readonly text: string;
  /** As YAML 1.2 core (or an explicit tag) types it. */
  readonly value: unknown;
}

export interface Entry {
  readonly key: Span & { readonly text: string };
  readonly value: TreeNode;
}

export interface MappingNode extends Span {
  readonly kind: 'mapping';
  readonly isFlow: boolean;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface SequenceNode extends Span {
  readonly kind: 'sequence';
  readonly isFlow: boolean;
  readonly items: readonly TreeNode[];
}

/** An alias is the very node that it names, so the tree is as big as the text. */
export type TreeNode = ScalarNode | MappingNode | SequenceNode;

/** What is wrong with the text as YAML. */
export interface Fault {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
  /** Of the value, where it is about one. */
  readonly path?: KeyPath;
}

export interface Tree {
  /** Undefined where the text is not one well-formed mapping. */
  readonly root: MappingNode | undefined;
  readonly faults: readonly Fault[];
}

/** Deeper nesting than this is a problem. */
const maxDepth = 64;
/** Nodes that a file may stand for once its aliases are followed. */
const maxNodes = 1_000_000;
/** After so many faults of syntax the rest says nothing new. */
const maxSyntaxFaults = 20;

const tooDeep = `expected at most ${maxDepth} levels of nesting, got more`;

/** Parses YAML 1.2 core. Never throws. */
export function parseTree(text: string): Tree {
  const faults: Fault[] = [];
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
      keepSourceTokens: false,
    });
    faults.push(...syntaxFaults(document, text));
    if (faults.length > 0) return { root: undefined, faults };
    const root = new Builder(faults).build(document.contents);
    if (faults.length > 0) return { root: undefined, faults };
    if (root?.kind === 'mapping') return { root, faults };
    const got = root === undefined || (root.kind === 'scalar' && root.value === null) ? 'nothing' : root.kind;
    faults.push({
      code: 'not-a-mapping',
      offset: root?.start ?? 0,
      message: `expected a mapping, got ${got === 'sequence' ? 'a list' : got === 'scalar' ? 'a single value' : got}`,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.push({ code: 'too-deep', offset: 0, message: tooDeep });
  }
  return { root: undefined, faults };
}

function syntaxFaults(document: Document.Parsed, text: string): Fault[] {
  const faults: Fault[] = [];
  const lines = new Set<number>();
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const offset = Math.min(pos[0], text.length);
    const line = text.lastIndexOf('\n', offset - 1);
    if (lines.has(line)) continue;
    lines.add(line);
    if (code === 'RESOURCE_EXHAUSTION') faults.push({ code: 'too-deep', offset, message: tooDeep });
    else if (code === 'MULTIPLE_DOCS')
      faults.push({ code: 'yaml-documents', offset, message: 'expected one document, got several' });
    else faults.push({ code: 'yaml-syntax', offset, message: explain(message, text, line + 1, offset) });
    if (faults.length === maxSyntaxFaults) break;
  }
  const { yaml } = document.directives;
  if (yaml.version !== '1.2')
    faults.unshift({
      code: 'yaml-version',
      offset: Math.max(0, text.indexOf('%YAML')),
      message: `expected YAML 1.2, got ${yaml.version}, which reads \`yes\`, \`010\` and \`1:30\` differently`,
    });
  return faults;
}

/** In flow style an unquoted `${`, `[` or `]` breaks the parse; the parser's own words do not say so. */
function explain(message: string, text: string, lineStart: number, offset: number): string {
  const said = `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`;
  const end = text.indexOf('\n', offset);
  const bare = text
    .slice(lineStart, end === -1 ? undefined : end)
    .replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '""')
    .replace(/\s#.*$/, '');
  const isFlow = /[{[]/.test(bare.replaceAll('${', ''));
  return isFlow && /\$\{|[^\s[{,:][[\]]|\[\$/.test(bare)
    ? `${said}; in flow style (between { } or [ ]) \`\${…}\`, \`[\` and \`]\` need quotes`
    : said;
}

/** Turns the parser's nodes into ours; aliases are counted at their full weight. */
class Builder {
  readonly #faults: Fault[];
  readonly #anchors = new Map<string, { node: TreeNode; weight: number } | undefined>();
  #weight = 0;

  constructor(faults: Fault[]) {
    this.#faults = faults;
  }

  build(node: ParsedNode | null, depth = 0): TreeNode | undefined {
    if (node === null) return undefined;
    this.#weight++;
    if (isAlias(node)) return this.#alias(node.source, node.range[0]);
    const before = this.#weight;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined);
    const built = this.#plain(node, depth);
    if (node.anchor !== undefined && built !== undefined)
      this.#anchors.set(node.anchor, { node: built, weight: this.#weight - before + 1 });
    return built;
  }

  #plain(node: Exclude<ParsedNode, { source: string; anchor?: never }>, depth: number): TreeNode | undefined {
    const [start, end] = node.range;
    if (depth > maxDepth) return this.#fault('too-deep', start, tooDeep);
    if (isScalar(node)) {
      const style = styles[node.type ?? Scalar.PLAIN] ?? 'plain';
      const value: unknown = node.value;
      const text = style === 'plain' ? (node.source ?? '') : String(value);
      return { kind: 'scalar', start, end, style, text, value };
    }
    if (isSeq(node)) {
      const items: TreeNode[] = [];
      for (const item of node.items) {
        const built = this.build(item as ParsedNode, depth + 1);
        if (built !== undefined) items.push(built);
      }
      return { kind: 'sequence', start, end, isFlow: node.flow === true, items };
    }
    if (!isMap(node)) return undefined;
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      const key: ParsedNode | null = pair.key;
      if (!isScalar(key)) {
        this.#fault('yaml-key', key?.range[0] ?? start, 'expected a key of plain text');
        continue;
      }
      const text = key.type === Scalar.PLAIN ? (key.source ?? '') : String(key.value);
      const [keyStart, keyEnd] = key.range;
      const first = entries.get(text);
      if (first !== undefined) this.#fault('duplicate-key', keyStart, `the key ${text} is given twice`);
      else if (text === '' || text === '__proto__' || text === '<<')
        this.#fault('yaml-key', keyStart, keyAdvice.get(text) ?? 'expected a key, got nothing');
      const value = this.build(pair.value, depth + 1) ?? nothing(keyEnd);
      if (first === undefined) entries.set(text, { key: { start: keyStart, end: keyEnd, text }, value });
    }
    return { kind: 'mapping', start, end, isFlow: node.flow === true, entries };
  }

  #alias(name: string, offset: number): TreeNode | undefined {
    const found = this.#anchors.get(name);
    if (found === undefined) {
      const why = this.#anchors.has(name) ? 'stands inside what it names' : 'names no anchor above it';
      return this.#fault('yaml-alias', offset, `the alias *${name} ${why}`);
    }
    this.#weight += found.weight;
    if (this.#weight <= maxNodes) return found.node;
    const told = this.#faults.some(fault => fault.code === 'alias-bomb');
    return told
      ? undefined
      : this.#fault(
          'alias-bomb',
          offset,
          `expected at most ${maxNodes} values with all aliases followed, got more`,
        );
  }

  #fault(code: string, offset: number, message: string): undefined {
    this.#faults.push({ code, offset, message });
  }
}

const styles: Partial<Record<Scalar.Type, ScalarNode['style']>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_FOLDED: 'block',
  BLOCK_LITERAL: 'block',
};

const keyAdvice = new Map([
  ['<<', 'merge keys are not part of YAML 1.2: write the keys out, or name a whole value with an alias'],
  ['__proto__', 'expected another key than __proto__'],
]);

const nothing = (offset: number): ScalarNode => ({
  kind: 'scalar',
  start: offset,
  end: offset,
  style: 'plain',
  text: '',
  value: null,
});
