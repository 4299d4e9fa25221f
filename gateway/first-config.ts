import { keptFiles } from './config/files.ts';
import type { Problem } from './config/problem.ts';
import type { Good } from './live.ts';
import { loadConfig } from './schema.ts';
import { isPostgresAddress } from './store/checks.ts';
import { openStore } from './store/open.ts';

/** The file has errors; nothing runs. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
  readonly problems: readonly Problem[];
  readonly sources: Good['sources'];

  constructor(problems: readonly Problem[], sources: Good['sources']) {
    super(`${problems.length} problems`);
    this.problems = problems;
    this.sources = sources;
  }
}

export interface FirstConfigOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lastGood?: boolean;
}

/** The config to start with: the file's, or the last good one where the file is refused and that was asked for. */
export async function loadFirst({ file, env, lastGood = false }: FirstConfigOptions): Promise<Good> {
  const loaded = await loadConfig(file, env);
  if (loaded.config !== undefined) return { ...loaded, config: loaded.config };
  const kept = lastGood ? await loadLastGood(env) : undefined;
  if (kept === undefined) throw new ConfigRefused(loaded.problems, loaded.sources);
  // The broken file stays watched, and its problems stay in sight.
  return { ...kept, files: loaded.files, problems: loaded.problems };
}

/** What ran last, read with today's environment. The config that would name the store is the one that is broken. */
async function loadLastGood(env: FirstConfigOptions['env']): Promise<Good | undefined> {
  const place = env.FIGWAY_STORE || 'data/figway.db';
  const store = await openStore(isPostgresAddress(place) ? { postgres: place } : { path: place });
  try {
    const kept = await store.lastGood();
    if (kept === undefined) return undefined;
    const loaded = await loadConfig(kept.main, env, keptFiles(kept.files));
    return loaded.config === undefined ? undefined : { ...loaded, config: loaded.config };
  } finally {
    await store.close();
  }
}
