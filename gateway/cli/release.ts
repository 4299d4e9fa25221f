import { openAdmin } from './admin-client.ts';
import { type Call, type Command, Stop } from './command.ts';
import { listOf, readReason, readTarget, reasonOption } from './target.ts';

export const release: Command = {
  name: 'release',
  summary: 'ends a hold, at once or in steps',
  args: [{ name: '[route]', means: 'the route to release' }],
  options: [
    { flags: '--all', means: 'every route that is held' },
    reasonOption,
    { flags: '--ramp <percents>', means: 'shares of clients that go back, step by step, such as 10,50,100' },
    { flags: '--every <duration>', means: 'time between the steps of --ramp, such as 10m' },
  ],
  hasJson: true,
  examples: [
    { line: 'figway release orders-read --reason "fixed in build 412"', does: 'all clients at once' },
    {
      line: 'figway release orders-read --ramp 10,50,100 --every 10m --reason "fixed"',
      does: 'in three steps',
    },
  ],
  notes: ['Works through the admin port of the running gateway. Exits with 2 if there is no such route.'],
  async run(call) {
    const route = readTarget(call, 'route', 'all');
    const ramp = readRamp(call);
    const path = route === undefined ? '/api/release' : `/api/routes/${encodeURIComponent(route)}/release`;
    const body = { reason: readReason(call), ...ramp };
    const admin = await openAdmin(call);
    const answer = (await admin.post(path, body)) as { readonly released: readonly string[] };
    if (call.options.flag('json')) call.print.json(answer);
    else {
      const how = ramp === undefined ? '' : ` in steps: ${ramp.ramp.join(' %, ')} %, one every ${ramp.every}`;
      call.print.line(`released${how}: ${listOf(answer.released)}`);
    }
    return 0;
  },
};

function readRamp({ options }: Call): { ramp: number[]; every: string } | undefined {
  const given = options.text('ramp');
  const every = options.duration('every');
  if (given === undefined && every === undefined) return undefined;
  if (given === undefined || every === undefined) throw new Stop(3, '--ramp and --every go together');
  const ramp = given.split(',').map(step => (step.trim() === '' ? Number.NaN : Number(step)));
  const isRising = ramp.every((step, at) => step > (ramp[at - 1] ?? 0) && step <= 100);
  if (!isRising || ramp.at(-1) !== 100)
    throw new Stop(
      3,
      `--ramp: expected rising percents that end with 100, such as 10,50,100, got ${JSON.stringify(given)}`,
    );
  return { ramp, every };
}
