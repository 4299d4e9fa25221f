import { readFileSync, watchFile } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Log } from './log.ts';
import { readSettings, type Settings } from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Milliseconds between two looks at the file. */
const interval = 200;

/**
 * Switches that may be turned while the service runs: what the file says, as lines `NAME=value`, goes before `env`. The
 * object that is returned changes in place, for each request that reads it from then on. Throws where the first reading
 * cannot be taken; later ones are logged, and change nothing then. The looking ends with the process.
 */
export function watchSwitches<Switches extends object>(
  { file, env, log }: { readonly file: string | undefined; readonly env: Env; readonly log: Log },
  read: (settings: Settings) => Switches,
): Switches {
  if (file === undefined) return read(readSettings(env));
  const readNow = (): Switches => read(readSettings({ ...env, ...linesOf(file) }));
  const switches = readNow();
  watchFile(file, { interval, persistent: false }, () => {
    try {
      Object.assign(switches, readNow());
      log('info', 'switched', { switches });
    } catch (error) {
      log('error', 'switches-refused', { reason: error instanceof Error ? error.message : String(error) });
    }
  });
  return switches;
}

/** A file that is not there says nothing. */
function linesOf(file: string): Env {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
