import { glob, open } from 'node:fs/promises';
import { matchesGlob } from 'node:path';

/** Where config text comes from: the disk, or a last good config. */
export interface Files {
  /** Rejects with a message for people. */
  read(file: string): Promise<string>;
  /** Files that a pattern of `include:` stands for, in order of their names. */
  find(pattern: string): Promise<readonly string[]>;
}

/** A file beyond this is a problem. */
export const maxBytes = 4 * 1024 * 1024;

export const disk: Files = {
  async read(file) {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) throw new TooLarge(size);
      const bytes = await handle.readFile();
      if (bytes.length > maxBytes) throw new TooLarge(bytes.length);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } finally {
      await handle.close();
    }
  },
  async find(pattern) {
    const found = await Array.fromAsync(glob(pattern));
    return found.sort();
  },
};

/** Files as they once were, by the names that they had: a last good config. */
export function keptFiles(kept: readonly { readonly file: string; readonly text: string }[]): Files {
  const texts = new Map(kept.map(({ file, text }) => [file, text]));
  return {
    async read(file) {
      const text = texts.get(file);
      if (text === undefined) throw new Error('it was not kept');
      return text;
    },
    find: async pattern => [...texts.keys()].filter(file => matchesGlob(file, pattern)).sort(),
  };
}

class TooLarge extends Error {
  constructor(size: number) {
    super(`expected at most ${maxBytes / 1024 ** 2} MiB, got ${size} bytes`);
  }
}

/** Why a file could not be read, in few words and without its path. */
export function reasonOf(error: unknown): string {
  if (error instanceof TooLarge) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'its symbolic links go round in a circle',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};
