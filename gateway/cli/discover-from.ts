import { readFile, stat } from 'node:fs/promises';
import { readLines } from '../offline/lines.ts';
import { parseAccessLine } from '../routing/discovery/access-line.ts';
import { unclaimedMethods } from '../routing/discovery/claimed.ts';
import { readOpenApi } from '../routing/discovery/openapi.ts';
import { TemplateTree } from '../routing/discovery/template-tree.ts';
import type { Table } from '../routing/table.ts';
import { parseTarget } from '../routing/target.ts';
import { Stop } from './command.ts';

/** What was found, wherever: null is what the source does not say. */
export interface Found {
  readonly since: string | null;
  readonly requests: number;
  /** Of all requests, those that no route claims. */
  readonly share: number | null;
  /** Most requests first. */
  readonly templates: readonly FoundTemplate[];
}

export interface FoundTemplate {
  readonly template: string;
  readonly methods: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly share: number;
  readonly errors: number;
  readonly p95: number | null;
  readonly consumers: number;
  readonly lastSeen: string | null;
  readonly setsCookies: number | null;
}

export interface Read extends Found {
  readonly unread: { readonly count: number; readonly first: number };
}

/** A description beyond this is refused. */
const longestDescription = 16 * 1024 * 1024;

/** An access log or an OpenAPI description. @param table leaves out what it claims. */
export async function readFound(file: string, table: Table | undefined): Promise<Read> {
  return /\.(ya?ml|json)$/i.test(file) && !(await isLog(file))
    ? readDescription(file, table)
    : readLog(file, table);
}

/** `.json` may be lines of a log too. */
async function isLog(file: string): Promise<boolean> {
  for await (const line of readLines(file))
    if ('text' in line && line.text.trim() !== '') return parseAccessLine(line.text) !== undefined;
  return false;
}

async function readDescription(file: string, table: Table | undefined): Promise<Read> {
  const { size } = await stat(file);
  if (size > longestDescription)
    throw new Stop(3, `${file}: expected at most ${longestDescription} bytes, got ${size}`);
  const templates = describedIn(file, await readFile(file, 'utf8')).flatMap(({ template, methods }) => {
    const counts = Object.fromEntries(methods.map(method => [method, 0]));
    const open = table === undefined ? counts : unclaimedMethods(table, template, counts);
    return Object.keys(open).length === 0 ? [] : { template, methods: open, ...undescribed };
  });
  return { since: null, requests: 0, share: null, templates, unread: { count: 0, first: 0 } };
}

const undescribed = {
  ...{ requests: 0, share: 0, errors: 0, consumers: 0, p95: null, lastSeen: null, setsCookies: null },
};

function describedIn(file: string, text: string): ReturnType<typeof readOpenApi> {
  try {
    return readOpenApi(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError)
      throw new Stop(3, `${file}: ${error.message}`);
    throw error;
  }
}

async function readLog(file: string, table: Table | undefined): Promise<Read> {
  const tree = new TemplateTree();
  let lines = 0;
  let unread = { count: 0, first: 0 };
  for await (const line of readLines(file)) {
    if ('text' in line && line.text.trim() === '') continue;
    const sighting = 'text' in line ? parseAccessLine(line.text) : undefined;
    if (sighting === undefined) unread = { count: unread.count + 1, first: unread.first || line.number };
    else {
      lines += 1;
      if (isPlain(sighting.path)) tree.see(sighting);
    }
  }
  if (lines === 0) throw new Stop(3, `${file}: no line is one of an access log (common, combined or JSON)`);
  return { ...toFound(tree, table, lines), unread };
}

/** What a gateway would refuse or call odd has no place among templates. */
function isPlain(path: string): boolean {
  try {
    return !parseTarget(path).isOdd;
  } catch {
    return false;
  }
}

function toFound(tree: TemplateTree, table: Table | undefined, lines: number): Found {
  const records = tree
    .list()
    .map(({ template, facts }) => facts.toRecord(template))
    .flatMap(record => {
      const methods =
        table === undefined ? record.methods : unclaimedMethods(table, record.template, record.methods);
      const requests = Object.values(methods).reduce((sum, number) => sum + number, 0);
      return requests === 0 ? [] : { ...record, methods, requests };
    })
    .toSorted((one, other) => other.requests - one.requests || (one.template < other.template ? -1 : 1));
  const requests = records.reduce((sum, record) => sum + record.requests, 0);
  const first = records.reduce(
    (earliest, { firstSeen }) => Math.min(earliest, firstSeen || earliest),
    Infinity,
  );
  return {
    since: Number.isFinite(first) ? toIso(first) : null,
    requests,
    share: requests / lines,
    templates: records.map(({ template, methods, requests: asked, errors, clients, lastSeen, p95 }) => ({
      ...{ template, methods, requests: asked, errors, consumers: clients, setsCookies: null },
      share: asked / requests,
      p95: p95 === 0 ? null : p95,
      lastSeen: lastSeen === 0 ? null : toIso(lastSeen),
    })),
  };
}

const toIso = (ms: number): string => new Date(ms).toISOString();
