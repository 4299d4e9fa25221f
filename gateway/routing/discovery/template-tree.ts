import { isMalformed, parsePattern } from '../pattern.ts';
import { type TemplateRecord, templatesKept } from '../progress.ts';
import { splitPath } from '../segments.ts';
import { Facts, type Sighting } from './facts.ts';
import { literalOf } from './segment.ts';
import { nameOf } from './template-name.ts';

/** Words that one place tells apart; where there are more they are values, such as names of articles. */
const mostWords = { top: 200, below: 40 } as const;

/** A word that has so many of the requests at its place stays a word when the others become values. */
const heavy = { share: 0.1, requests: 10 } as const;

/** What lies deeper is `*`. */
const maxDepth = 32;
/** Characters of a path that are looked at; and of a template that is told and kept. */
const maxPath = 400;
const maxTemplate = 512;
const maxNodes = 20_000;

/** Answers that there is nothing; 0: there was no answer. */
const nothing: readonly number[] = [0, 400, 404, 405, 410];

/** Share of the templates that goes when there are too many: those seen longest ago. */
const evicted = 0.1;

interface Node {
  readonly words: Map<string, Node>;
  value: Node | undefined;
  /** Of requests that end here, and of those that go deeper than is looked. */
  here: Facts | undefined;
  deeper: Facts | undefined;
  /** That passed here. */
  requests: number;
  /** There were too many words: a new one is a value. */
  isCollapsed: boolean;
}

const newNode = (): Node => ({
  words: new Map(),
  value: undefined,
  here: undefined,
  deeper: undefined,
  requests: 0,
  isCollapsed: false,
});

export interface Listed {
  /** `/orders/:id`. */
  readonly template: string;
  readonly facts: Facts;
}

/**
 * Paths clustered into templates: values become `:id`, and so do words where there are too many at one place. Holds
 * 5,000 templates of 32 segments; beyond, those seen longest ago are forgotten. An answer that there is nothing at
 * a path makes no template, so that a scanner leaves no trace.
 */
export class TemplateTree {
  #root = newNode();
  #templates = 0;
  #nodes = 1;
  /** Requests that fit no template, since there was nothing. */
  missing = 0;

  see(sighting: Sighting): void {
    const facts = this.#find(splitPath(sighting.path), sighting);
    if (facts === undefined) this.missing += sighting.weight;
    else facts.see(sighting);
  }

  /** Takes in a template that a store knows. */
  load(record: TemplateRecord): void {
    this.#add(record.template, record.requests)?.load(record);
  }

  /** The facts of a template, made if it is new; undefined where the text is none. */
  #add(template: string, requests: number): Facts | undefined {
    const parts = parsePattern(template);
    if (isMalformed(parts)) return undefined;
    let node = this.#root;
    for (const [depth, part] of parts.entries()) {
      node.requests += requests;
      if (part.kind === 'rest' || depth === maxDepth) return this.#deeper(node);
      node = part.kind === 'name' ? this.#value(node) : this.#word(node, part.text, depth);
    }
    node.requests += requests;
    return this.#here(node);
  }

  /** In no particular order. */
  list(): readonly Listed[] {
    return [...listNode(this.#root, '', [], '')].filter(({ template }) => template.length <= maxTemplate);
  }

  /** What came since it was asked last. */
  takeUnsaved(): readonly TemplateRecord[] {
    return this.list().flatMap(({ template, facts }) => facts.takeUnsaved(template) ?? []);
  }

  #find(path: readonly string[], { status, weight }: Sighting): Facts | undefined {
    const mayMake = !nothing.includes(status);
    let node = this.#root;
    let length = 0;
    for (const [depth, segment] of path.entries()) {
      if (mayMake) node.requests += weight;
      length += segment.length + 1;
      if (depth === maxDepth || length > maxPath)
        return mayMake || node.deeper !== undefined ? this.#deeper(node) : undefined;
      // Only the last one may be empty in a pattern.
      const word = segment === '' && depth < path.length - 1 ? undefined : literalOf(segment);
      const next = mayMake
        ? word === undefined
          ? this.#value(node)
          : this.#word(node, word, depth)
        : ((word === undefined ? undefined : node.words.get(word)) ?? node.value);
      if (next === undefined) return undefined;
      node = next;
    }
    if (!mayMake) return node.here;
    node.requests += weight;
    return this.#here(node);
  }

  #value(node: Node): Node {
    if (node.value === undefined) {
      node.value = newNode();
      this.#nodes += 1;
    }
    return node.value;
  }

  #word(node: Node, word: string, depth: number): Node {
    const known = node.words.get(word);
    if (known !== undefined) return known;
    // A slash at the end is no value.
    if (node.isCollapsed && word !== '') return this.#value(node);
    const made = newNode();
    node.words.set(word, made);
    this.#nodes += 1;
    if (node.words.size <= (depth === 0 ? mostWords.top : mostWords.below)) return made;
    this.#collapse(node);
    return node.words.get(word) ?? this.#value(node);
  }

  #collapse(node: Node): void {
    node.isCollapsed = true;
    let all = 0;
    for (const { requests } of node.words.values()) all += requests;
    for (const [word, child] of [...node.words]) {
      const isHeavy = child.requests >= heavy.requests && child.requests >= all * heavy.share;
      if (isHeavy || word === '') continue;
      node.words.delete(word);
      this.#nodes -= 1;
      this.#merge(this.#value(node), child);
    }
  }

  #merge(into: Node, from: Node): void {
    into.requests += from.requests;
    for (const end of ['here', 'deeper'] as const) {
      const facts = from[end];
      if (facts === undefined) continue;
      if (into[end] === undefined) into[end] = facts;
      else {
        into[end].merge(facts);
        this.#templates -= 1;
      }
    }
    if (from.value !== undefined) this.#mergeChild(into.value, from.value, node => (into.value = node));
    for (const [word, child] of from.words) {
      const twin = into.words.get(word) ?? (into.isCollapsed && word !== '' ? this.#value(into) : undefined);
      this.#mergeChild(twin, child, node => into.words.set(word, node));
    }
    into.isCollapsed ||= from.isCollapsed;
    if (into.isCollapsed ? into.words.size > 0 : into.words.size > mostWords.below) this.#collapse(into);
  }

  #mergeChild(twin: Node | undefined, child: Node, put: (node: Node) => void): void {
    if (twin === undefined) return void put(child);
    this.#nodes -= 1;
    this.#merge(twin, child);
  }

  #here(node: Node): Facts {
    if (node.here === undefined) {
      node.here = new Facts();
      this.#grow(node.here);
    }
    return node.here;
  }

  #deeper(node: Node): Facts {
    if (node.deeper === undefined) {
      node.deeper = new Facts();
      this.#grow(node.deeper);
    }
    return node.deeper;
  }

  #grow(kept: Facts): void {
    this.#templates += 1;
    if (this.#templates <= templatesKept && this.#nodes <= maxNodes) return;
    const byAge = this.list().toSorted((one, other) => one.facts.lastSeen - other.facts.lastSeen);
    const old = new Set(byAge.slice(0, Math.ceil(byAge.length * evicted)).map(({ facts }) => facts));
    old.delete(kept);
    this.#prune(this.#root, old);
  }

  /** Takes these facts out, and nodes that then hold nothing. */
  #prune(node: Node, old: ReadonlySet<Facts>): boolean {
    for (const end of ['here', 'deeper'] as const) {
      if (node[end] === undefined || !old.has(node[end])) continue;
      node[end] = undefined;
      this.#templates -= 1;
    }
    for (const [word, child] of node.words) {
      if (!this.#prune(child, old)) continue;
      node.words.delete(word);
      this.#nodes -= 1;
    }
    if (node.value !== undefined && this.#prune(node.value, old)) {
      node.value = undefined;
      this.#nodes -= 1;
    }
    const isEmpty = node.words.size === 0 && node.value === undefined;
    return isEmpty && node.here === undefined && node.deeper === undefined;
  }
}

function* listNode(node: Node, path: string, names: readonly string[], before: string): Generator<Listed> {
  if (node.here !== undefined) yield { template: path, facts: node.here };
  if (node.deeper !== undefined) yield { template: `${path}/*`, facts: node.deeper };
  for (const [word, child] of node.words) yield* listNode(child, `${path}/${word}`, names, word);
  if (node.value === undefined) return;
  const name = nameOf(before, names);
  yield* listNode(node.value, `${path}/:${name}`, [...names, name], '');
}
