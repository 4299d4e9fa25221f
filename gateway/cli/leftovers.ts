import type { LeftoversView, TraceView } from '../admin/leftovers.ts';
import { formatDuration } from '../core/units.ts';
import { openAdmin } from './admin-client.ts';
import { type Command, Stop } from './command.ts';
import type { Print } from './print.ts';
import { clean } from './table.ts';

export const leftovers: Command = {
  name: 'leftovers',
  summary: 'shows what legacy still did for a route, and whether its code there is dead',
  args: [{ name: '<route>', means: 'the route' }],
  options: [],
  hasJson: true,
  examples: [
    { line: 'figway leftovers orders-read', does: 'what legacy did last, and when' },
    { line: 'figway leftovers orders-read && git rm -r legacy/orders', does: 'only once it is dead' },
  ],
  notes: [
    'Asks the admin port of the running gateway. Times are kept in the store, counts are since its start.',
    'Exits with 0 if the code is dead: legacy did nothing for the route during its `quiet` (14 days by',
    'default), with 2 if it is not yet, or if there is no such route.',
  ],
  async run(call) {
    const [name] = call.args;
    if (name === undefined) throw new Stop(3, 'a route is needed');
    const admin = await openAdmin(call);
    const view = (await admin.get(`/api/routes/${encodeURIComponent(name)}/leftovers`)) as LeftoversView;
    if (call.options.flag('json')) call.print.json(view);
    else show(call.print, view);
    return view.isDead ? 0 : 2;
  },
};

function show(print: Print, view: LeftoversView): void {
  const rows = [
    ['served by legacy', view.legacyServed],
    ['of those: fallbacks', view.fallbacks],
    ['of those: held', view.holds],
    ['near misses', view.nearMisses],
  ] as const;
  print.table(
    ['legacy did', 'since the start', 'last'],
    rows.map(([what, trace]) => [what, trace.count, lastOf(trace)]),
  );
  print.line();
  const name = clean(view.route);
  if (view.isDead)
    print.line(`${print.paint('green', 'dead')}: legacy did nothing for ${name} since ${view.since}`);
  else {
    print.line(
      `${print.paint('yellow', 'not yet')}: ${name} must be quiet for ${formatDuration(view.quiet)}`,
    );
    for (const reason of view.reasons) print.line(`  - ${clean(reason)}`);
  }
}

const lastOf = ({ lastAt }: TraceView): string => lastAt ?? 'never';
