import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { FileReference, type Schema } from './define.ts';
import type { Environment } from './environment.ts';
import { disk, type Files, reasonOf } from './files.ts';
import { deepFreeze } from './freeze.ts';
import { type Included, type Merged, merge, type Part } from './merge.ts';
import type { Finding, KeyPath, Problem } from './problem.ts';
import { prune } from './prune.ts';
import { Source } from './source.ts';
import { validate } from './validate.ts';

/** What a config is: the shape of its files, and what must hold between their parts. */
export interface Definition<C> {
  readonly main: Schema<C>;
  /** A file named by `include:`. */
  readonly included: Schema<Included>;
  readonly checks: readonly Check<C>[];
}

/** @param written what the files say, before defaults, all files together. */
export type Check<C> = (config: C, written: Readonly<Record<string, unknown>>) => Iterable<Finding>;

export interface Loaded<C> {
  /** Frozen all the way down; undefined if there is an error. */
  readonly config: C | undefined;
  /** Errors and warnings, by file, line and column. */
  readonly problems: readonly Problem[];
  /** The yaml files as text, the main one first. Never a secret. */
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  /** Everything whose change asks for a reload: yaml files, secrets, and folders that a pattern looks into. */
  readonly files: readonly string[];
  /** Twelve hex digits of SHA-256 over the sources; the same wherever their folder is, so that gateways agree. */
  readonly hash: string;
  /**
   * Changes with anything that was read, secrets too. To be compared, never to be shown: it would let a weak secret
   * be guessed.
   */
  readonly fingerprint: string;
}

/** Reads a config with all files that it names. Rejects for nothing: what is wrong is a problem. */
export async function loadDefinition<C extends object>(
  definition: Definition<C>,
  file: string,
  env: Environment,
  files: Files = disk,
): Promise<Loaded<C>> {
  const loading = new Loading(definition, env, files);
  await loading.readMain(file);
  return loading.finish();
}

class Loading<C extends object> {
  readonly #definition: Definition<C>;
  readonly #env: Environment;
  readonly #files: Files;
  readonly #problems: Problem[] = [];
  readonly #watched = new Set<string>();
  readonly #parts: Part[] = [];
  readonly #secrets: string[] = [];
  /** An included file could not be read, so names may seem unknown. */
  #isIncomplete = false;

  constructor(definition: Definition<C>, env: Environment, files: Files) {
    this.#definition = definition;
    this.#env = env;
    this.#files = files;
  }

  async readMain(file: string): Promise<void> {
    const main = await this.#read(file, error => ({
      ...{ file, line: 1, column: 1, severity: 'error', code: 'unreadable-file', path: [] },
      message: `cannot read ${file}: ${reasonOf(error)}`,
    }));
    if (main === undefined) return;
    this.#parts.push(this.#part(main, this.#definition.main));
    await this.#include(main);
  }

  async #read(file: string, toProblem: (error: unknown) => Problem): Promise<Source | undefined> {
    this.#watched.add(file);
    try {
      const source = new Source(file, await this.#files.read(file), this.#env);
      this.#problems.push(...source.problems);
      return source;
    } catch (error) {
      this.#problems.push(toProblem(error));
      return undefined;
    }
  }

  async #include(main: Source): Promise<void> {
    const { include } = main.values;
    if (!Array.isArray(include)) return;
    const seen = new Set([main.file]);
    for (const [index, written] of include.entries()) {
      if (typeof written !== 'string') continue;
      const path: KeyPath = ['include', index];
      const pattern = beside(main.file, written);
      const folder = folderOf(pattern);
      if (folder !== undefined) this.#watched.add(folder);
      const found = folder === undefined ? [pattern] : await this.#files.find(pattern).catch(() => []);
      if (found.length === 0)
        this.#report(main, 'warning', 'include-empty', path, `no file is named ${written}`);
      for (const file of found) {
        if (seen.has(file)) continue;
        seen.add(file);
        const source = await this.#read(file, error =>
          main.locate({
            ...{ severity: 'error', code: 'unreadable-file', path },
            message: `cannot read ${file}: ${reasonOf(error)}`,
          }),
        );
        if (source === undefined) this.#isIncomplete = true;
        else this.#parts.push(this.#part(source, this.#definition.included));
      }
    }
  }

  #report(source: Source, severity: 'error' | 'warning', code: string, path: KeyPath, message: string): void {
    this.#problems.push(source.locate({ severity, code, path, message }));
  }

  /** One file held against its shape. Where that fails, as much of it as is sound, so that checks can still run. */
  #part(source: Source, schema: Schema): Part {
    if (source.root === undefined) return { source, output: undefined, gone: nothing };
    let { value, findings } = validate(schema, source.values);
    if (findings.length > 0 && source.readAsText(findings.map(finding => finding.path)))
      ({ value, findings } = validate(schema, source.values));
    if (findings.length === 0) return { source, output: value as Included, gone: nothing };
    // A variable that is not set has been told already; what its place expected says nothing more.
    const told = new Set(source.problems.map(placeOf));
    const problems = findings.map(finding => source.locate(finding));
    this.#problems.push(...problems.filter(problem => !told.has(placeOf(problem))));
    const rest = prune(source.values, findings, values => validate(schema, values));
    return { source, output: rest.value as Included | undefined, gone: rest.gone };
  }

  async finish(): Promise<Loaded<C>> {
    const merged = merge(this.#parts, this.#problems);
    if (merged !== undefined) {
      await this.#putFilesIn(merged);
      this.#check(merged);
    }
    const hasErrors = this.#problems.some(problem => problem.severity === 'error');
    const sources = this.#parts.map(({ source: { file, text } }) => ({ file, text }));
    const folder = dirname(sources[0]?.file ?? '');
    const order = new Map(sources.map(({ file }, index) => [file, index]));
    return {
      config: hasErrors || merged === undefined ? undefined : deepFreeze(merged.config as unknown as C),
      problems: this.#problems.sort(
        (a, b) =>
          (order.get(a.file) ?? -1) - (order.get(b.file) ?? -1) || a.line - b.line || a.column - b.column,
      ),
      sources,
      files: [...this.#watched],
      hash: hashOf(sources.flatMap(({ file, text }) => [relative(folder, file), text])).slice(0, 12),
      fingerprint: hashOf([...sources.map(({ text }) => text), ...this.#secrets]),
    };
  }

  /** Findings that may only follow from a problem told already wait until that is mended. */
  #check(merged: Merged): void {
    const { config, written, gone } = merged;
    if (this.#isIncomplete || this.#parts.some(({ output }) => output === undefined)) return;
    if (gone.has('upstreams') || gone.has('cohorts')) return;
    const broken = new Set(this.#problems.filter(isError).map(({ path }) => entryOf(path)));
    const mayFollow = ({ path }: Finding): boolean =>
      broken.has(entryOf(path)) || (gone.has('routes') && (path[0] === 'tests' || path[0] === 'admin'));
    for (const check of this.#definition.checks)
      for (const finding of check(config as unknown as C, written))
        if (!mayFollow(finding)) this.#problems.push(merged.sourceOf(finding.path).locate(finding));
  }

  async #putFilesIn(merged: Merged): Promise<void> {
    for (const { holder, key, path, reference } of references(merged.config)) {
      const source = merged.sourceOf(path);
      const file = beside(source.file, reference.file);
      this.#watched.add(file);
      try {
        const secret = (await disk.read(file)).replace(/\r?\n$/, '');
        if (secret === '') throw new Error('it is empty');
        holder[key] = secret;
        this.#secrets.push(secret);
      } catch (error) {
        const message = `cannot read ${reference.file}: ${reasonOf(error)}`;
        this.#report(source, 'error', 'unreadable-file', [...path, ...reference.at], message);
        holder[key] = '';
      }
    }
  }
}

const nothing: ReadonlySet<string> = new Set();
const isError = (problem: Problem): boolean => problem.severity === 'error';
const placeOf = ({ line, column }: Problem): string => `${line}:${column}`;
/** The named entry that a path is in: `routes.orders`. */
const entryOf = (path: KeyPath): string => path.slice(0, 2).join('\0');

interface Reference {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
  readonly path: KeyPath;
  readonly reference: FileReference;
}

/** @param path is pushed to and popped from, since most of a config holds no secret. */
function references(value: unknown, path: (string | number)[] = [], found: Reference[] = []): Reference[] {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Record<string | number, unknown>;
  for (const name of Object.keys(value)) {
    const inner = holder[name];
    if (typeof inner !== 'object') continue;
    const key = Array.isArray(value) ? Number(name) : name;
    path.push(key);
    if (inner instanceof FileReference) found.push({ holder, key, path: [...path], reference: inner });
    else references(inner, path, found);
    path.pop();
  }
  return found;
}

/** A path as the file means it: relative to itself. */
const beside = (file: string, path: string): string => (isAbsolute(path) ? path : join(dirname(file), path));

/** The folder that a pattern looks into, up to its first wildcard; undefined if it names one file. */
function folderOf(pattern: string): string | undefined {
  const wild = pattern.search(/[*?[{]/);
  return wild === -1 ? undefined : dirname(`${pattern.slice(0, wild)}x`);
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex');
}
