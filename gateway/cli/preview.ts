import type { PreviewView } from '../admin/previewing.ts';
import { openAdmin } from './admin-client.ts';
import type { Command } from './command.ts';
import { configFile, count, load } from './load.ts';
import type { Print } from './print.ts';
import { clean } from './table.ts';

const mostRows = 40;

export const preview: Command = {
  name: 'preview',
  summary: 'tells what a changed routes file would do to the requests of the last hour',
  args: [{ name: '[file]', means: 'the changed file (default: --config)' }],
  options: [{ flags: '--limit <n>', means: `so many templates (default ${mostRows})` }],
  hasJson: true,
  examples: [
    { line: 'figway preview', does: 'routes.yaml as it is edited, against what runs' },
    { line: 'figway preview next.yaml --json', does: 'another file, as data' },
  ],
  notes: [
    'Asks the running gateway, which loads the file in a thread of its own and changes nothing; its environment counts.',
    'Of a canary the share is told, since nobody keeps who came. Guards, rewrites, pins and holds are not looked at.',
    'Exits with 1 if the file has errors, and with 2 if no request came in the last hour.',
  ],
  async run(call) {
    const { options, print, args } = call;
    const file = args[0] ?? configFile(call);
    const limit = options.whole('limit', 1, 500) ?? mostRows;
    const { sources } = await load(call, file);
    const admin = await openAdmin(call);
    const view = (await admin.post('/api/preview', { files: sources })) as PreviewView;
    if (options.flag('json')) print.json(view);
    else show(print, view, limit);
    if (view.problems.length > 0) return 1;
    return view.requests === 0 ? 2 : 0;
  },
};

function show(print: Print, view: PreviewView, limit: number): void {
  const { templates, problems, unmatchedRoutes, notes } = view;
  if (problems.length > 0) {
    for (const problem of problems) print.line(clean(problem));
    print.line(print.paint('red', count(problems.length, 'error')));
    return;
  }
  if (view.requests === 0) {
    print.line('no request came in the last hour, so nothing can be told');
    return;
  }
  if (templates.length > 0)
    print.table(
      ['template', 'method', 'requests', 'moved', 'from', 'to'],
      templates
        .slice(0, limit)
        .map(row => [row.template, row.method, row.requests, row.moved, row.from, row.to]),
    );
  const rest = templates.length + view.others - Math.min(limit, templates.length);
  if (rest > 0) print.line(`… and ${rest} more; --limit shows up to 500`);
  print.line(summaryOf(view));
  for (const route of unmatchedRoutes)
    print.line(print.paint('yellow', clean(`nothing matches route ${route}`)));
  for (const note of notes) print.line(print.paint('yellow', clean(note)));
}

/** `moves 3.1 % of 12345 requests since 06:00, 14 templates, 2 of them writes` */
function summaryOf({ movedShare, requests, since, templates, others, writes }: PreviewView): string {
  const changed = templates.length + others;
  const share =
    movedShare > 0 && movedShare < 0.001 ? 'under 0.1 %' : `${Math.round(movedShare * 1000) / 10} %`;
  const what =
    changed === 0 ? 'no template changes' : `${count(changed, 'template')}, ${writes} of them writes`;
  return `moves ${share} of ${count(requests, 'request')} since ${since.slice(11, 16)}, ${what}`;
}
