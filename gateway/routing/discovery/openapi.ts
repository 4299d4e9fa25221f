import { parseTree, type TreeNode } from '../../config/tree.ts';
import { isMalformed, parsePattern } from '../pattern.ts';

/** The operations of one path of a service description. */
export interface DescribedPath {
  /** `/orders/:id`. */
  readonly template: string;
  readonly methods: readonly string[];
}

const operations = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];

/** Paths that are read at most. */
const mostPaths = 5000;

/**
 * The paths of an OpenAPI 3 or Swagger 2 description, in YAML or JSON, below the path of its first server.
 * @throws RangeError or SyntaxError that says what is wrong with the text.
 */
export function readOpenApi(text: string): readonly DescribedPath[] {
  const { root, faults } = parseTree(text);
  if (root === undefined) throw new SyntaxError(faults[0]?.message ?? 'it is not a mapping');
  const paths = valueOf(root, 'paths');
  if (paths?.kind !== 'mapping' || !(root.entries.has('openapi') || root.entries.has('swagger')))
    throw new SyntaxError('expected an OpenAPI description: `openapi:` or `swagger:`, and `paths:`');
  if (paths.entries.size > mostPaths)
    throw new RangeError(`expected at most ${mostPaths} paths, got ${paths.entries.size}`);
  const base = baseOf(root);
  return [...paths.entries].flatMap(([path, { value }]) => {
    const template = toTemplate(base + path);
    if (value.kind !== 'mapping' || template === undefined) return [];
    const methods = operations.filter(name => value.entries.has(name)).map(name => name.toUpperCase());
    return methods.length === 0 ? [] : { template, methods };
  });
}

function valueOf(node: TreeNode | undefined, key: string): TreeNode | undefined {
  return node?.kind === 'mapping' ? node.entries.get(key)?.value : undefined;
}

const textOf = (node: TreeNode | undefined): string => (node?.kind === 'scalar' ? node.text : '');

function baseOf(root: TreeNode): string {
  const servers = valueOf(root, 'servers');
  const server = servers?.kind === 'sequence' ? textOf(valueOf(servers.items[0], 'url')) : '';
  const url = server === '' ? textOf(valueOf(root, 'basePath')) : server;
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '');
  return path.startsWith('/') && !path.includes('{') ? path.replace(/\/+$/, '') : '';
}

/** `/orders/{order-id}.{format}` → `/orders/:order_id`; undefined where no pattern can say it. */
function toTemplate(path: string): string | undefined {
  const taken = new Set<string>();
  const segments = path
    .split('/')
    .slice(1)
    .map(segment => {
      const found = /\{([^}]*)\}/.exec(segment);
      if (found === null) return decoded(segment);
      const word = (found[1] ?? '').replace(/\W/g, '_').replace(/^(?=\d|$)/, 'p');
      let name = word;
      for (let number = 2; taken.has(name); number += 1) name = `${word}${number}`;
      taken.add(name);
      return `:${name}`;
    });
  const template = `/${segments.join('/')}`;
  return path.startsWith('/') && !isMalformed(parsePattern(template)) ? template : undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
