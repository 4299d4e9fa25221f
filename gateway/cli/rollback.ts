import type { Command } from './command.ts';
import { move } from './move.ts';
import { reasonOption } from './target.ts';

export const rollback: Command = {
  name: 'rollback',
  summary: 'moves a route back, to any earlier stage or a lower percent',
  args: [{ name: '[route]', means: 'the route to move' }],
  options: [
    { flags: '--cohort <name>', means: 'all routes of a cohort at once' },
    { flags: '--to <stage>', means: 'legacy, shadow, canary or migrated (default: the one before)' },
    { flags: '--percent <number>', means: 'a lower share of the clients, in canary' },
    reasonOption,
    { flags: '--data-ack', means: 'somebody has taken care of the data that only the service has' },
  ],
  hasJson: true,
  examples: [
    { line: 'figway rollback orders-read --reason "wrong totals"', does: 'to the stage before' },
    { line: 'figway rollback --cohort checkout --to legacy --reason "incident 12"', does: 'all the way' },
  ],
  notes: [
    'Needs no evidence. For a brake that works at once, and with a broken file, see `figway hold`.',
    'Exits with 1 where a rule forbids it: out of `data: service` it needs --data-ack.',
  ],
  run: call => move(call, 'rollback'),
};
