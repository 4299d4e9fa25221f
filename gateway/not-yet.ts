import type { Finding, KeyPath } from './config/problem.ts';
import { toMarkdownTable } from './core/markdown.ts';

/**
 * Keys that are read and checked, but whose feature is not in yet. The feature's arrival deletes its line.
 * `*` is any name or item.
 */
export const later: readonly { readonly key: string; readonly does: string; readonly value?: RegExp }[] = [];

/** The text of `docs/not-yet.md`. */
export const describeNotYet = (): string => `# What is not in yet

Made from \`gateway/not-yet.ts\` by \`npm run generate\`; edit that. ${later.length === 0 ? 'Every key of `routes.yaml` has its effect in this version.\n' : toTable()}`;

const toTable = (): string =>
  `These keys of \`routes.yaml\` are read and checked, but have no effect in this
version; \`figway check\` warns of each with \`not-yet\`. \`*\` is any name.

${toMarkdownTable(
  ['key', 'today'],
  later.map(({ key, does, value }) => [`\`${key}\`${value === undefined ? '' : ', some values'}`, does]),
)}
`;

type Row = (typeof later)[number];

/** The table as a tree by its keys, so that ten thousand routes are gone through once. */
interface Branch {
  row?: Row;
  readonly below: Map<string, Branch>;
}

const tree: Branch = { below: new Map() };
for (const row of later) {
  let branch = tree;
  for (const key of row.key.split('.')) {
    const next: Branch = branch.below.get(key) ?? { below: new Map() };
    branch.below.set(key, next);
    branch = next;
  }
  branch.row = row;
}

/** A warning for each key of those that the files really say. */
export function checkNotYet(_: unknown, written: Readonly<Record<string, unknown>>): Finding[] {
  const findings: Finding[] = [];
  lookUp(written, tree, [], findings);
  return findings;
}

function lookUp(value: unknown, { row, below }: Branch, path: KeyPath, findings: Finding[]): void {
  if (
    row !== undefined &&
    (row.value === undefined || row.value.test(typeof value === 'string' ? value : ''))
  )
    findings.push({
      severity: 'warning',
      code: 'not-yet',
      path,
      atKey: true,
      message: `checked, but without effect in this version: ${row.does}`,
    });
  if (below.size === 0 || typeof value !== 'object' || value === null) return;
  const every = below.get('*');
  for (const [key, inner] of Object.entries(value)) {
    const branch = every ?? below.get(key);
    if (branch !== undefined) lookUp(inner, branch, [...path, key], findings);
  }
}
