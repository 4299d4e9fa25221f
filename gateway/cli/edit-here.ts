/** Edits of the routes file that a command makes by itself, or prints where edits are proposed. */
import { toPatch } from '../config/patch.ts';
import type { Edited, Sources } from '../edit-stage.ts';
import { type Call, Stop } from './command.ts';
import { count, type Good, noteProblems } from './load.ts';
import type { Print } from './print.ts';

export interface EditedHere {
  /** With `moves: propose` nothing was written. */
  readonly isProposed: boolean;
  readonly patch: string;
}

/** What the loader would refuse is never written. */
export async function editHere(
  call: Call,
  { config, file, loaded }: Good,
  edit: (sources: Sources) => Promise<Edited>,
): Promise<EditedHere> {
  const { EditRefused, writeEdited } = await import('../edit-stage.ts');
  const isProposed = config.moves === 'propose';
  try {
    const edited = await edit(loaded.sources);
    await requireGood(call, edited, file);
    if (!isProposed) await writeEdited(edited.files);
    const patches = edited.files.map(({ file, before, after }) => toPatch(file, before, after));
    return { isProposed, patch: patches.join('\n') };
  } catch (error) {
    throw error instanceof EditRefused ? new Stop(1, error.message) : error;
  }
}

async function requireGood(call: Call, { files, loaded }: Edited, file: string): Promise<void> {
  if (loaded.config !== undefined) return;
  const errors = loaded.problems.filter(problem => problem.severity === 'error');
  const after = new Map(files.map(({ file, after }) => [file, after]));
  const sources = loaded.sources.map(source => ({ ...source, text: after.get(source.file) ?? source.text }));
  await noteProblems(call, errors, sources);
  throw new Stop(
    1,
    `${file} would have ${count(errors.length, 'error')} after this edit; nothing is written`,
  );
}

export function printPatch(print: Print, patch: string): void {
  if (patch === '') return;
  for (const line of patch.trimEnd().split('\n')) print.line(print.paint(styleOf(line), line));
}

const styleOf = (line: string) =>
  line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : line.startsWith('@@') ? 'cyan' : 'plain';
