import { type JsonSchema, type Schema, toJsonSchema } from './define.ts';

/** A scalar may always be written as `${NAME}`, whatever it turns into. */
const placeholder = { type: 'string', pattern: '\\$\\{' } as const;
const placeholderRef = { $ref: '#/$defs/placeholder' } as const;

/** The JSON Schema (2020-12) for editors: accepts what the loader's shape accepts, before checks between parts. */
export function toSchemaFile(schema: Schema): JsonSchema {
  const { properties, ...root } = toEditorSchema(toJsonSchema(schema));
  const orNothing = Object.entries(properties ?? {}).map(([name, value]) => [
    name,
    nullable(toObject(value)),
  ]);
  return {
    ...root,
    title: 'routes.yaml of Figway',
    properties: Object.fromEntries(orNothing),
    $defs: { placeholder: { ...placeholder, description: 'A value from the environment' } },
  };
}

type Node = JsonSchema & { readonly kind?: string };

const toObject = (node: unknown): Node => (typeof node === 'object' && node !== null ? (node as Node) : {});

/** `routes:` with nothing behind it is as good as no `routes:`. */
function nullable(node: Node): JsonSchema {
  const { description, default: preset, anyOf, ...rest } = node;
  const head = {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
  };
  return { ...head, anyOf: [...(anyOf ?? [rest]), { type: 'null' }] };
}

function toEditorSchema(node: Node): JsonSchema {
  const { kind, properties, items, additionalProperties, anyOf, ...rest } = node;
  const result: JsonSchema = { ...rest };
  if (properties !== undefined)
    result.properties = mapValues(properties, value => withPlaceholder(toObject(value)));
  if (items !== undefined) result.items = withPlaceholder(toObject(items));
  if (additionalProperties !== undefined)
    result.additionalProperties =
      typeof additionalProperties === 'object'
        ? withPlaceholder(toObject(additionalProperties))
        : additionalProperties;
  if (anyOf !== undefined) result.anyOf = anyOf.map(branch => toEditorSchema(toObject(branch)));
  return result;
}

function withPlaceholder(node: Node): JsonSchema {
  const done = toEditorSchema(node);
  if (!scalarsOf(node).some(isNarrow)) return done;
  const { description, default: preset, anyOf, ...rest } = done;
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [...(anyOf ?? [rest]), placeholderRef],
  };
}

const scalarsOf = (node: Node): Node[] =>
  node.anyOf === undefined ? [node] : node.anyOf.flatMap(branch => scalarsOf(toObject(branch)));

/** Does not take any text as it is. */
const isNarrow = ({ type, pattern, enum: values, const: only }: Node): boolean =>
  type === 'number' ||
  type === 'integer' ||
  type === 'boolean' ||
  (type === 'string' && (pattern !== undefined || values !== undefined || only !== undefined));

const mapValues = <T, U>(values: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));

/** docs/configuration.md: a table of keys for each section of the file. */
export function toReference(schema: Schema): string {
  const root: Node = toJsonSchema(schema);
  const sections = Object.entries(root.properties ?? {})
    .filter(([name]) => name !== '$schema')
    .map(([name, value]) => section(name, toObject(value), isMandatory(root, name)));
  return `${intro}\n${sections.join('\n')}`;
}

const intro = `# routes.yaml, key by key

This page is generated from the definition that validates the file (\`npm run generate\`). Durations carry a unit
(\`500ms\`, \`2s\`, \`1m\`, \`1h\`, \`14d\`), sizes too (\`64KiB\`, \`10MiB\`), shares are percent (\`50%\`). Every scalar may come from
the environment: \`\${NAME}\`, or \`\${NAME:-default}\`; \`$\${\` is a literal. \`NAME\` in a key is a name of your own, \`[]\` an
item of a list. A file may have up to 4 MiB.
`;

function section(name: string, node: Node, mandatory: boolean): string {
  const rows = new Map<string, string>();
  addRow(rows, name, node, mandatory);
  const table = [...rows].map(([key, row]) => `| \`${key}\` | ${row} |`).join('\n');
  return `## ${name}\n\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n${table}\n`;
}

function addRow(rows: Map<string, string>, key: string, node: Node, mandatory: boolean): void {
  if (!rows.has(key)) {
    const preset = mandatory ? 'mandatory' : plainPreset(node.default);
    rows.set(key, `${typeOf(node)} | ${preset} | ${escapeCell(node.description ?? '')}`);
  }
  const branches = scalarsOf(node);
  const single = branches.filter(branch => branch.properties !== undefined);
  for (const branch of single.length > 0 ? single : branches) addInner(rows, key, branch);
}

function addInner(rows: Map<string, string>, key: string, node: Node): void {
  for (const [name, value] of Object.entries(node.properties ?? {}))
    addRow(rows, `${key}.${name}`, toObject(value), isMandatory(node, name));
  const inner = node.items === undefined ? toObject(node.additionalProperties) : toObject(node.items);
  const innerKey = node.items === undefined ? `${key}.NAME` : `${key}[]`;
  if (scalarsOf(inner).some(branch => branch.properties !== undefined))
    for (const branch of scalarsOf(inner)) addInner(rows, innerKey, branch);
}

const isMandatory = (node: Node, name: string): boolean => node.required?.includes(name) ?? false;

const plainPreset = (preset: unknown): string =>
  preset === undefined || (typeof preset === 'object' && Object.keys(preset ?? {}).length === 0)
    ? ''
    : `\`${JSON.stringify(preset).replaceAll('"', '')}\``;

function typeOf(node: Node): string {
  if (node.kind !== undefined) return node.kind;
  if (node.anyOf !== undefined)
    return [...new Set(node.anyOf.map(branch => typeOf(toObject(branch))))].join(' or ');
  if (node.enum !== undefined) return node.enum.map(value => `\`${value}\``).join(', ');
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.type === 'array') return `list of ${typeOf(toObject(node.items))}`;
  return types[String(node.type)] ?? 'anything';
}

const types: Record<string, string> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  object: 'mapping',
};

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
