import { type FSWatcher, readdirSync, realpathSync, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';

export interface FileWatch {
  close(): void;
  /** Replaces the list; files that stay keep their last known state, so no change in between is lost. */
  watch(files: readonly string[]): void;
}

export interface WatchTimes {
  /** Milliseconds of quiet before a change is told: editors write in several steps. */
  readonly settle: number;
  /** Milliseconds between looks at the files whatever the system says: not every disk tells of changes. */
  readonly poll: number;
}

const usual: WatchTimes = { settle: 50, poll: 2000 };

/**
 * Tells when files change: written in place, replaced by renaming, deleted, made again, or swapped by a symbolic link
 * further up (a ConfigMap's `..data`). Their folders are watched, since the files themselves come and go. A folder in
 * the list stands for the names in it. Never keeps the process alive.
 */
export function watchFiles(
  files: readonly string[],
  onChange: () => void,
  { settle, poll }: WatchTimes = usual,
): FileWatch {
  let marks = new Map<string, string>();
  const folders = new Map<string, Folder>();
  let pending: NodeJS.Timeout | undefined;

  const look = (): void => {
    clearTimeout(pending);
    pending = undefined;
    let isChanged = false;
    for (const [file, mark] of marks) {
      const now = markOf(file);
      isChanged ||= now !== mark;
      marks.set(file, now);
    }
    follow();
    if (isChanged) onChange();
  };

  const soon = (): void => {
    clearTimeout(pending);
    pending = setTimeout(look, settle);
    pending.unref();
  };

  /** Opens watchers for the folders that matter now, and lets go of the others. */
  const follow = (): void => {
    const wanted = new Set([...marks.keys()].flatMap(foldersOf));
    for (const [path, folder] of folders) {
      if (wanted.has(path) && folder.identity === identityOf(path)) continue;
      folder.watcher.close();
      folders.delete(path);
    }
    for (const path of wanted) {
      if (folders.has(path)) continue;
      const identity = identityOf(path);
      const watcher = identity === undefined ? undefined : openWatcher(path, soon);
      if (identity !== undefined && watcher !== undefined) folders.set(path, { identity, watcher });
    }
  };

  const set = (next: readonly string[]): void => {
    marks = new Map(next.map(file => [file, marks.get(file) ?? markOf(file)]));
    follow();
  };

  set(files);
  const polling = setInterval(look, poll);
  polling.unref();
  return {
    watch: set,
    close() {
      clearInterval(polling);
      clearTimeout(pending);
      for (const { watcher } of folders.values()) watcher.close();
      folders.clear();
      marks.clear();
    },
  };
}

interface Folder {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

function openWatcher(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', onEvent);
    return watcher;
  } catch {
    // Out of watches, or a file system without them: the poll sees it.
    return undefined;
  }
}

/** Which file this is and when it changed; a folder's names. */
function markOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, isDirectory } = facts(path);
    if (isDirectory) return readdirSync(path).sort().join('/');
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return 'absent';
  }
}

function facts(path: string) {
  const stats = statSync(path, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return { dev, ino, size, mtimeNs, ctimeNs, isDirectory: stats.isDirectory() };
}

/** A folder that was deleted and made again is another one. */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = facts(folder);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Where news of a file come from: the folder that names it, and the one that holds it behind symbolic links. */
function foldersOf(path: string): string[] {
  const own = [dirname(path)];
  try {
    if (facts(path).isDirectory) own.push(path);
    own.push(dirname(realpathSync(path)));
  } catch {
    // Its folder tells when it appears.
  }
  return own;
}
