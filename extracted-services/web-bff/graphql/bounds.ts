import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { maxPage } from '../reader.ts';
import { costOf, rowsOf } from './schema.ts';

/** What a query may be, counted with its fragments written out, before anything of it is looked at more closely. */
export interface QueryBounds {
  /** Fields within fields; default 6. */
  readonly depth: number;
  /** Fields times rows; default 2,000. */
  readonly complexity: number;
  /** Fields under another name; default 10. */
  readonly aliases: number;
}

export const defaultQueryBounds: QueryBounds = { depth: 6, complexity: 2000, aliases: 10 };

type Measures = QueryBounds;
type Variables = Readonly<Record<string, unknown>>;

/** Why a document is refused, as a text that names bound and value; undefined if it is not. */
export function exceeds(
  document: DocumentNode,
  variables: Variables,
  bounds: QueryBounds,
): string | undefined {
  const measures = measure(document, variables);
  if (measures === 'cyclic') return 'a fragment contains itself';
  for (const name of ['depth', 'complexity', 'aliases'] as const) {
    if (measures[name] > bounds[name])
      return `${name}: expected at most ${bounds[name]}, got ${measures[name]}`;
  }
  return undefined;
}

const nothing: Measures = { depth: 0, complexity: 0, aliases: 0 };

/**
 * The worst operation of a document. Each fragment is measured once, however often it is spread, so this takes as long as
 * the text is; the numbers may be huge. A fragment is measured without the operation's defaults of variables.
 */
export function measure(document: DocumentNode, variables: Variables): Measures | 'cyclic' {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  const known = new Map<string, Measures | 'under way'>();
  let isCyclic = false;

  const ofFragment = (name: string): Measures => {
    const before = known.get(name);
    if (before === 'under way') isCyclic = true;
    if (before !== undefined) return before === 'under way' ? nothing : before;
    known.set(name, 'under way');
    const fragment = fragments.get(name);
    const found = fragment ? ofSelections(fragment.selectionSet) : nothing;
    known.set(name, found);
    return found;
  };
  const ofField = (field: FieldNode): Measures => {
    const name = field.name.value;
    const aliases = field.alias && field.alias.value !== name ? 1 : 0;
    // Whether introspection is allowed, and how deep, is for the rules of validation.
    if (name.startsWith('__')) return { depth: 0, complexity: 1, aliases };
    const inner = field.selectionSet ? ofSelections(field.selectionSet) : nothing;
    return {
      depth: inner.depth + 1,
      complexity: (costOf[name] ?? 1) + inner.complexity * rows(field, variables),
      aliases: inner.aliases + aliases,
    };
  };
  const ofSelections = ({ selections }: SelectionSetNode): Measures =>
    selections
      .map(selection => {
        if (selection.kind === Kind.FIELD) return ofField(selection);
        if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
        return ofSelections(selection.selectionSet);
      })
      .reduce(
        (sum, each) => ({
          depth: Math.max(sum.depth, each.depth),
          complexity: sum.complexity + each.complexity,
          aliases: sum.aliases + each.aliases,
        }),
        nothing,
      );

  const all = operations.map(operation => ofSelections(operation.selectionSet));
  // Also those that no operation spreads: the rules that look at them take as long.
  for (const name of fragments.keys()) ofFragment(name);
  if (isCyclic) return 'cyclic';
  return all.reduce(
    (worst, each) => ({
      depth: Math.max(worst.depth, each.depth),
      complexity: Math.max(worst.complexity, each.complexity),
      aliases: Math.max(worst.aliases, each.aliases),
    }),
    nothing,
  );
}

function rows(field: FieldNode, variables: Variables): number {
  const first = field.arguments?.find(({ name }) => name.value === 'first')?.value;
  if (first === undefined) return rowsOf[field.name.value] ?? 1;
  if (first.kind === Kind.INT) return Math.max(1, Number(first.value));
  const given = first.kind === Kind.VARIABLE ? variables[first.name.value] : undefined;
  return Number.isSafeInteger(given) ? Math.max(1, Number(given)) : maxPage;
}
