import { openAdmin } from './admin-client.ts';
import type { Command } from './command.ts';
import { listOf, readReason, readTarget, reasonOption } from './target.ts';

/** What the admin port answers: names of routes. */
interface Held {
  readonly held: readonly string[];
  /** Those that are done. */
  readonly passedBy: readonly string[];
}

export const hold: Command = {
  name: 'hold',
  summary: 'sends a route to legacy at once, until it is released',
  args: [{ name: '[route]', means: 'the route to hold' }],
  options: [
    { flags: '--all', means: 'every route that is not done' },
    reasonOption,
    { flags: '--for <duration>', means: 'release by itself after this, such as 30m or 2h' },
  ],
  hasJson: true,
  examples: [
    { line: 'figway hold orders-read --reason "wrong totals"', does: 'until somebody releases it' },
    { line: 'figway hold --all --reason "incident 12" --for 2h', does: 'everything, for two hours' },
  ],
  notes: [
    'Works through the admin port of the running gateway, whatever the state of the routes file.',
    'A hold is kept in the store: it outlives a restart. Exits with 2 if there is no such route.',
  ],
  async run(call) {
    const route = readTarget(call, 'route', 'all');
    const time = call.options.duration('for');
    const body = { reason: readReason(call), ...(time === undefined ? {} : { for: time }) };
    const admin = await openAdmin(call);
    const path = route === undefined ? '/api/hold' : `/api/routes/${encodeURIComponent(route)}/hold`;
    const answer = (await admin.post(path, body)) as Held;
    if (call.options.flag('json')) call.print.json(answer);
    else {
      const until = time === undefined ? 'until somebody releases it' : `for ${time}`;
      call.print.line(`held ${until}, legacy serves: ${listOf(answer.held)}`);
      if (answer.passedBy.length > 0)
        call.print.line(`not held, since legacy's code may be gone: ${listOf(answer.passedBy)}`);
    }
    return 0;
  },
};
