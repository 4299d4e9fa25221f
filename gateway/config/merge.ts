import type { KeyPath, Problem } from './problem.ts';
import type { Source } from './source.ts';

/** The sections that several files may fill. */
const sections = ['upstreams', 'cohorts', 'routes'] as const;
type Section = (typeof sections)[number];

/** What a file named by `include:` gives. */
export interface Included extends Record<Section, Record<string, object>> {
  owner: string;
}

/** One file after it was held against its shape. */
export interface Part {
  readonly source: Source;
  /** Undefined where nothing of it is sound. */
  readonly output: Included | undefined;
  /** Sections that lost whole entries, since they are broken. */
  readonly gone: ReadonlySet<string>;
}

/** All files as one. */
export interface Merged {
  readonly config: Record<string, unknown>;
  /** What the files say, before defaults. */
  readonly written: Readonly<Record<string, unknown>>;
  readonly gone: ReadonlySet<string>;
  /** The file in which the value at a path stands. */
  sourceOf(path: KeyPath): Source;
}

/**
 * Puts the parts into the first one. A name twice is a problem that names both places; routes of an included file get
 * its owner unless they say their own. Undefined where nothing of the main file is sound.
 */
export function merge(parts: readonly Part[], problems: Problem[]): Merged | undefined {
  const [main, ...others] = parts;
  if (main === undefined) return undefined;
  const origins = originsOf(parts, problems);
  if (main.output === undefined) return undefined;
  const config: Record<string, unknown> = { ...main.output };
  const written: Record<string, unknown> = { ...main.source.values };
  for (const section of sections) {
    const values = { ...main.output[section] };
    const raw = { ...asMapping(written[section]) };
    for (const { source, output } of others) {
      for (const [name, value] of Object.entries(output?.[section] ?? {})) {
        if (origins.get(idOf(section, name)) !== source) continue;
        values[name] = section === 'routes' ? { owner: output?.owner, ...value } : value;
        raw[name] = asMapping(source.values[section])[name];
      }
    }
    config[section] = values;
    written[section] = raw;
  }
  return {
    config,
    written,
    gone: new Set(parts.flatMap(part => [...part.gone])),
    sourceOf: ([section, name]) => origins.get(idOf(String(section), String(name))) ?? main.source,
  };
}

/** Which file each named entry comes from: the first that has it. */
function originsOf(parts: readonly Part[], problems: Problem[]): Map<string, Source> {
  const origins = new Map<string, Source>();
  for (const { source } of parts) {
    for (const section of sections) {
      for (const name of Object.keys(asMapping(source.values[section]))) {
        const id = idOf(section, name);
        const first = origins.get(id);
        if (first === undefined) {
          origins.set(id, source);
          continue;
        }
        const path = [section, name];
        const at = first.locate({ severity: 'error', code: '', path, atKey: true, message: '' });
        const message = `the name ${name} is taken already at ${at.file}:${at.line}:${at.column}`;
        problems.push(source.locate({ severity: 'error', code: 'name-taken', path, atKey: true, message }));
      }
    }
  }
  return origins;
}

const idOf = (section: string, name: string): string => `${section}\0${name}`;

const asMapping = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
