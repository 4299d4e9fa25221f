import type { DifferenceView } from '../admin/differences.ts';
import type { RouteRow } from '../admin/status.ts';
import { openAdmin } from './admin-client.ts';
import { type Call, type Command, type ExitCode, Stop } from './command.ts';
import { editHere, printPatch } from './edit-here.ts';
import { type Good, loadGood } from './load.ts';
import { clean } from './table.ts';
import { readReason, reasonOption } from './target.ts';

export const rule: Command = {
  name: 'rule',
  summary: 'turns learned noise or a difference into a rule of routes.yaml, with a reason',
  args: [{ name: '<signature>', means: 'the difference, as status, the page and the reports show it' }],
  options: [
    reasonOption,
    { flags: '--route <route>', means: 'the route (default: the one on which the gateway has seen it)' },
    {
      flags: '--legacy-bug',
      means: 'no rule: legacy is wrong there, and it no longer stands against the service',
    },
  ],
  hasJson: true,
  examples: [
    {
      line: 'figway rule "$.updatedAt value epoch-ms:epoch-ms" --reason "clock" --route orders-read',
      does: 'an entry of `compare.ignore`',
    },
    {
      line: 'figway rule "$.total value number:number" --reason "rounding, ADR 12" --legacy-bug',
      does: 'a mark in the store',
    },
  ],
  notes: [
    'The rule is as narrow as the signature: one path, one kind of difference, values of one shape where',
    'they have one. It begins new counters. Only the lines that are added change; comments stay. A running',
    'gateway takes the file in by itself. With `moves: propose` the patch is printed and nothing is written.',
    'Exits with 1 where no rule should cover such a difference, with 2 where nobody has seen it.',
  ],
  async run(call) {
    const [signature] = call.args;
    if (signature === undefined) throw new Stop(3, 'a signature is needed');
    const reason = readReason(call);
    return call.options.flag('legacyBug') ? mark(call, signature, reason) : write(call, signature, reason);
  },
};

async function mark(call: Call, signature: string, reason: string): Promise<ExitCode> {
  const admin = await openAdmin(call);
  const route = call.options.text('route') ?? (await findRoute(call, signature));
  const path = `/api/routes/${encodeURIComponent(route)}/differences`;
  await admin.post(path, { signature, state: 'legacy-bug', reason });
  if (call.options.flag('json')) call.print.json({ route, signature, how: 'legacy-bug', patch: '' });
  else
    call.print.line(
      clean(`${route}: ${signature} is a bug of legacy, and no longer stands against the service`),
    );
  return 0;
}

async function write(call: Call, signature: string, reason: string): Promise<ExitCode> {
  const { ruleOf } = await import('../compare/rule-of-signature.ts');
  const found = ruleOf(signature, reason);
  if (found.key === undefined) throw new Stop(found.why.startsWith('expected') ? 3 : 1, found.why);
  const good = await loadGood(call);
  const route = call.options.text('route') ?? (await findRoute(call, signature));
  await requireRoute(good, route);
  const { editRule } = await import('../edit-rule.ts');
  const { isProposed, patch } = await editHere(call, good, sources =>
    editRule(sources, call.env, { route, rule: found, reason }),
  );
  if (call.options.flag('json')) {
    const how = isProposed ? 'proposed' : 'file';
    call.print.json({ route, signature, how, rule: { [found.key]: found.item }, patch });
    return 0;
  }
  printPatch(call.print, patch);
  if (isProposed) call.print.note('moves: propose, so nothing is written; this patch is the rule');
  else call.print.line(`${route}: a rule more; what is compared from now on is counted anew`);
  return 0;
}

/** The one route on which the gateway has seen the signature. */
async function findRoute(call: Call, signature: string): Promise<string> {
  const admin = await openAdmin(call);
  const { routes } = (await admin.get('/api/routes')) as { routes: readonly RouteRow[] };
  const seen: string[] = [];
  for (const { route } of routes.filter(row => row.verdict !== null)) {
    const path = `/api/routes/${encodeURIComponent(route)}/differences`;
    const { differences } = (await admin.get(path)) as { differences: readonly DifferenceView[] };
    if (differences.some(difference => difference.signature === signature)) seen.push(route);
  }
  const [only] = seen;
  if (only === undefined) throw new Stop(2, `no route has shown ${JSON.stringify(signature)} to the gateway`);
  if (seen.length > 1) throw new Stop(3, `${seen.join(', ')} have shown it: say which with --route`);
  return only;
}

async function requireRoute({ config, file }: Good, route: string): Promise<void> {
  if (config.routes[route] !== undefined) return;
  const { suggestion } = await import('../config/nearest.ts');
  throw new Stop(2, `${file} has no route ${route}${suggestion(route, Object.keys(config.routes))}`);
}
