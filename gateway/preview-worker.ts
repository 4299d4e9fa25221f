/** The thread in which `preview-apart.ts` loads and compiles a changed file and runs the last hour against it. */
import { parentPort, workerData } from 'node:worker_threads';
import { disk, type Files, keptFiles } from './config/files.ts';
import { formatProblem } from './config/format.ts';
import type { Loaded } from './config/load.ts';
import type { Problem } from './config/problem.ts';
import type { PreviewOutcome, PreviewPart, PreviewTask, Texts } from './preview-apart.ts';
import { compileAtOnce } from './routing/compile.ts';
import { previewRoutes, type Weighted } from './routing/preview.ts';
import { createHashValue, hashConditions, matchedFields, readRequestLine } from './routing/request-line.ts';
import { type Config, loadConfig } from './schema.ts';

const { before, after, env, key, parts } = workerData as PreviewTask;
const port = parentPort;
if (port === null) throw new TypeError('preview-worker.ts runs in a worker thread');

const given: PreviewPart[] = [];
const arrived = new Promise<void>(resolve => {
  if (parts === 0) resolve();
  port.on('message', (part: PreviewPart) => {
    given.push(part);
    if (given.length === parts) resolve();
  });
});

const main = before[0]?.file ?? '';
const filesOf = (texts: Texts | undefined): Files => (texts === undefined ? disk : keptFiles(texts));
const load = (texts: Texts | undefined, values = env): Promise<Loaded<Config>> =>
  loadConfig(main, values, filesOf(texts));

async function preview(): Promise<PreviewOutcome> {
  const [running, changed] = [await load(before), await load(after)];
  if (running.config === undefined) throw new Error('what runs cannot be loaded again');
  if (changed.config === undefined)
    return { preview: undefined, problems: await toLines(changed), notes: [] };
  await arrived;
  const hash = createHashValue(key);
  const [from, to] = [running.config, changed.config].map(config =>
    compileAtOnce(hashConditions(config, hash)),
  );
  if (from === undefined || to === undefined) throw new TypeError('two tables are compared');
  const kept = matchedFields(from.routes);
  const unknown = [...matchedFields(to.routes)].filter(name => !kept.has(name));
  return {
    preview: previewRoutes(from, to, linesOf(given)),
    problems: [],
    notes: unknown.map(
      name => `${name} was not kept, since no route matched on it: who sends it is not known`,
    ),
  };
}

function* linesOf(all: readonly PreviewPart[]): Generator<Weighted> {
  for (const { lines, weight } of all)
    for (const line of lines.split('\n')) yield { facts: readRequestLine(line), weight };
}

/**
 * Errors as text. Whoever asks for a preview chooses the file, and must not read the environment through it: messages
 * are those of a loading that knows only names; where that finds nothing wrong, the value itself is, and is not told.
 */
async function toLines(changed: Loaded<Config>): Promise<string[]> {
  const names = Object.fromEntries(Object.keys(env).map(name => [name, `\${${name}}`]));
  const harmless = await load(after, names);
  const idOf = ({ file, code, path }: Problem): string => JSON.stringify([file, code, path]);
  const told = new Map(harmless.problems.map(problem => [idOf(problem), problem]));
  return changed.problems
    .filter(({ severity }) => severity === 'error')
    .map(problem => {
      const hidden = { ...problem, message: 'what the environment has for it is not accepted' };
      return formatProblem(told.get(idOf(problem)) ?? hidden, undefined, false);
    });
}

port.postMessage(await preview());
port.close();
