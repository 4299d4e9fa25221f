/** A move written into the routes file: only the lines that change, comments kept. */
import { randomUUID } from 'node:crypto';
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EditRefused, editValues } from './config/edit.ts';
import type { Loaded } from './config/load.ts';
import type { KeyPath } from './config/problem.ts';
import { parseTree, type TreeNode } from './config/tree.ts';
import type { Stage } from './core/vocabulary.ts';
import { type Config, loadConfig } from './schema.ts';

export { EditRefused };
export type Sources = readonly { readonly file: string; readonly text: string }[];

export interface StageEdit {
  /** Routes that move together: one, or all of a cohort. */
  readonly routes: readonly string[];
  /** Where `percent` is to be written: the cohort's entry, or the route's where undefined. */
  readonly cohort: string | undefined;
  readonly stage: Stage | undefined;
  readonly percent: number | undefined;
}

export interface EditedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** `config` of `loaded` is undefined where the edited files would be refused: then they must not be written. */
export interface Edited {
  readonly files: readonly EditedFile[];
  readonly loaded: Loaded<Config>;
}

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * What the files would be after the change, and what the loader says of that. Writes nothing.
 * @param sources the files as they are, the main one first. A route in an included file is edited there.
 */
export async function editStage(sources: Sources, env: Env, change: StageEdit): Promise<Edited> {
  const edits = new Map<string, { path: KeyPath; value: string | number }[]>();
  const trees = sources.map(({ file, text }) => ({ file, root: parseTree(text).root }));
  for (const { owner, key, value } of toEdits(change)) {
    const home = trees.find(({ root }) => find(root, owner) !== undefined);
    if (home === undefined) throw new EditRefused(`${owner.join('.')} stands in none of the files`);
    const path = [...owner, key];
    const present = find(home.root, path);
    if (present?.kind === 'scalar' && present.text.includes('${'))
      throw new EditRefused(
        `${home.file}: ${path.join('.')} is ${present.text}, so the environment decides it`,
      );
    edits.set(home.file, [...(edits.get(home.file) ?? []), { path, value }]);
  }
  const files = sources.flatMap(({ file, text }) => {
    const after = editValues(text, edits.get(file) ?? []);
    return after === text ? [] : [{ file, before: text, after }];
  });
  return loadEdited(sources[0]?.file ?? '', env, files);
}

/** What the loader says of files that are edited, and not written yet. */
export async function loadEdited(main: string, env: Env, files: readonly EditedFile[]): Promise<Edited> {
  const edited = new Map(files.map(({ file, after }) => [file, after]));
  const read = async (file: string) => edited.get(file) ?? readFile(file, 'utf8');
  return { files, loaded: await loadConfig(main, env, { read }) };
}

function* toEdits({ routes, cohort, stage, percent }: StageEdit) {
  for (const route of routes) {
    if (stage !== undefined) yield { owner: ['routes', route], key: 'stage', value: stage };
    if (percent !== undefined && cohort === undefined)
      yield { owner: ['routes', route], key: 'percent', value: percent };
  }
  if (percent !== undefined && cohort !== undefined)
    yield { owner: ['cohorts', cohort], key: 'percent', value: percent };
}

export function find(node: TreeNode | undefined, path: KeyPath): TreeNode | undefined {
  for (const key of path) {
    if (node?.kind !== 'mapping') return undefined;
    node = node.entries.get(String(key))?.value;
  }
  return node;
}

/**
 * Puts edited files in place of those that they were made from: each by a temporary file beside it and a rename,
 * so that nobody reads half of one. Symbolic links and the file's mode stay.
 * @throws EditRefused if a file has changed since it was read.
 */
export async function writeEdited(files: readonly EditedFile[]): Promise<void> {
  for (const { file, before } of files)
    if ((await readFile(file, 'utf8')) !== before)
      throw new EditRefused(`${file} has changed meanwhile; nothing is written`);
  for (const { file, after } of files) await replace(await realpath(file), after);
}

async function replace(file: string, text: string): Promise<void> {
  const { mode } = await stat(file);
  const temporary = join(dirname(file), `.figway-${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    await chmod(temporary, mode & 0o7777);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
