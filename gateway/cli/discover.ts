import type { UnclaimedView } from '../admin/unclaimed.ts';
import type { CompiledRoutes } from '../routing/compile.ts';
import { openAdmin } from './admin-client.ts';
import { type Call, type Command, Stop } from './command.ts';
import type { Found } from './discover-from.ts';
import { configFile, count, load } from './load.ts';
import type { Print } from './print.ts';
import { clean } from './table.ts';

const usualSilence = '30d';
const mostRows = 40;

export const discover: Command = {
  name: 'discover',
  summary: 'shows what no route claims, in path templates, and suggests routes for it',
  args: [],
  options: [
    {
      flags: '--from <file>',
      means:
        'an access log (common, combined or JSON lines; - for stdin), or an OpenAPI description (YAML or JSON), instead of the running gateway',
    },
    { flags: '--suggest', means: 'print a routes file to include, all of it in stage legacy' },
    {
      flags: '--silent <duration>',
      means: `list what nobody has asked for so long, instead (such as ${usualSilence})`,
    },
    { flags: '--limit <n>', means: `so many templates (default ${mostRows}; --json and --suggest: all)` },
  ],
  hasJson: true,
  examples: [
    { line: 'figway discover', does: 'what the running gateway has seen' },
    { line: 'figway discover --from access.log', does: 'what a log has seen, before the first day' },
    { line: 'figway discover --suggest > routes.d/found.yaml', does: 'entries for routes.yaml' },
    { line: 'figway discover --silent 30d', does: 'what may be dead' },
  ],
  notes: [
    'With --from, what a route of the routes file claims is left out, where there is such a file.',
    'Exits with 2 if there is nothing to show, and with 3 if no line of a log could be read.',
  ],
  async run(call) {
    const { options, print } = call;
    const silence = options.duration('silent');
    const limit = options.whole('limit', 1, 5000);
    const from = options.text('from');
    if (from !== undefined && silence !== undefined)
      throw new Stop(3, '--silent asks the running gateway, and excludes --from');
    if (silence !== undefined && options.flag('suggest'))
      throw new Stop(3, '--silent and --suggest exclude each other');
    if (silence !== undefined) return showSilent(call, silence);
    const found = from === undefined ? await fromGateway(call) : await fromFile(call, from);
    const templates = found.templates.slice(0, limit);
    if (options.flag('suggest')) await suggest(call, templates);
    else if (options.flag('json')) print.json({ ...found, templates });
    else showTable(print, found, limit ?? mostRows);
    return templates.length === 0 ? 2 : 0;
  },
};

async function fromGateway(call: Call): Promise<Found> {
  const admin = await openAdmin(call);
  const { silent: _, ...view } = (await admin.get('/api/unclaimed?limit=5000')) as UnclaimedView;
  return view;
}

async function fromFile(call: Call, file: string): Promise<Found> {
  const { readFound } = await import('./discover-from.ts');
  const routes = await compiledRoutes(call);
  const reading = readFound(file, routes?.compiled.table);
  const { unread, ...found } = await call.print.during(`reading ${file}`, reading);
  if (unread.count > 0)
    call.print.note(`${count(unread.count, 'line')} could not be read, the first is ${file}:${unread.first}`);
  return found;
}

interface Known {
  readonly compiled: CompiledRoutes;
  readonly upstreams: readonly string[];
}

/** The routes file, where there is a good one: here it helps, and is not needed. */
async function compiledRoutes(call: Call): Promise<Known | undefined> {
  const file = configFile(call);
  const loaded = await load(call, file).catch((error: unknown) => {
    if (call.options.text('config') === undefined) return undefined;
    throw error;
  });
  if (loaded === undefined) return undefined;
  const { compileAtOnce } = await import('../routing/compile.ts');
  if (loaded.config !== undefined)
    return { compiled: compileAtOnce(loaded.config), upstreams: Object.keys(loaded.config.upstreams) };
  call.print.note(`${file} has errors, so nothing is left out as claimed`);
  return undefined;
}

async function suggest(call: Call, templates: Found['templates']): Promise<void> {
  const { suggestRoutes, toRoutesFile } = await import('../routing/discovery/suggest.ts');
  const known = await compiledRoutes(call);
  const routes = suggestRoutes(
    templates.map(one => ({ ...one, setsCookies: (one.setsCookies ?? 0) > 0 })),
    { routes: new Set(known?.compiled.routes.map(({ name }) => name)) },
  );
  if (call.options.flag('json')) call.print.json({ routes });
  else if (routes.length > 0) call.print.line(toRoutesFile(routes, new Set(known?.upstreams)));
}

function showTable(print: Print, { templates, requests, since }: Found, limit: number): void {
  const day = since === null ? '' : ` since ${since.slice(0, 10)}`;
  if (templates.length === 0) {
    print.line(`nothing is unclaimed${day}`);
    return;
  }
  print.table(
    ['template', 'methods', 'requests', 'share', 'p95', 'errors', 'clients', 'last seen', 'sets cookies'],
    templates.slice(0, limit).map(toRow),
  );
  if (templates.length > limit) print.line(`… and ${templates.length - limit} more; --limit shows them`);
  print.line(`${count(templates.length, 'template')}, ${count(requests, 'request')}${day}`);
}

const toRow = (one: Found['templates'][number]): string[] => [
  one.template,
  Object.keys(one.methods).toSorted().join(','),
  String(one.requests),
  `${Math.round(one.share * 1000) / 10} %`,
  one.p95 === null ? '-' : `${Number(one.p95.toPrecision(2))} ms`,
  String(one.errors),
  one.consumers === 0 ? '-' : String(one.consumers),
  one.lastSeen?.slice(0, 16).replace('T', ' ') ?? '-',
  one.setsCookies === null ? '-' : one.setsCookies > 0 ? 'yes' : 'no',
];

async function showSilent(call: Call, silence: string): Promise<0 | 2> {
  const { print } = call;
  const limit = call.options.whole('limit', 1, 5000) ?? 5000;
  const admin = await openAdmin(call);
  const path = `/api/unclaimed?limit=${limit}&silent=${silence}`;
  const { silent, since } = (await admin.get(path)) as UnclaimedView;
  if (call.options.flag('json')) print.json({ since, silent });
  else if (silent.length === 0)
    print.line(`nothing was silent for ${silence}; watched since ${since.slice(0, 10)}`);
  else {
    print.table(
      ['template', 'last seen', 'days'],
      silent.map(one => [clean(one.template), one.lastSeen.slice(0, 10), one.days]),
    );
    print.line(
      `${count(silent.length, 'template')} silent for ${silence} or longer, watched since ${since.slice(0, 10)}`,
    );
  }
  return silent.length === 0 ? 2 : 0;
}
