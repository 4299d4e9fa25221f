import { formatProblem } from '../../gateway/config/format.ts';
import type { Loaded } from '../../gateway/config/load.ts';
import { type Config, loadConfig } from '../../gateway/schema.ts';

/** Loads texts as if they were files; the first is the main one. */
export function loadTexts(
  texts: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Loaded<Config>> {
  const main = Object.keys(texts)[0] ?? '';
  return loadConfig(main, env, {
    read: async file => {
      const text = texts[file];
      if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return text;
    },
    find: async pattern => {
      const folder = pattern.slice(0, pattern.indexOf('*'));
      return Object.keys(texts).filter(file => file !== main && file.startsWith(folder));
    },
  });
}

/** `routes.yaml:3:5 error …` for each problem; with its code in front. */
export const linesOf = ({ problems }: Loaded<unknown>): string[] =>
  problems.map(problem => `[${problem.code}] ${formatProblem(problem, undefined, false)}`);

export const errorsOf = ({ problems, ...rest }: Loaded<unknown>): string[] =>
  linesOf({ ...rest, problems: problems.filter(problem => problem.severity === 'error') });
