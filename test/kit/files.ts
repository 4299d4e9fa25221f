import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary folder; disposing of it deletes it. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  /** The full path of a name in it. */
  at(name: string): string;
  write(name: string, text: string | Uint8Array): Promise<string>;
}

export async function openFolder(files: Readonly<Record<string, string>> = {}): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'figway-files-'));
  const at = (name: string): string => join(path, name);
  const write = async (name: string, text: string | Uint8Array): Promise<string> => {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), text);
    return at(name);
  };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return {
    path,
    at,
    write,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
