import type { Command } from './command.ts';
import { move } from './move.ts';
import { reasonOption } from './target.ts';

export const promote: Command = {
  name: 'promote',
  summary: 'moves a route one stage forward, or to a higher percent',
  args: [{ name: '[route]', means: 'the route to move' }],
  options: [
    { flags: '--cohort <name>', means: 'all routes of a cohort at once' },
    { flags: '--to <stage>', means: 'legacy, shadow, canary, migrated or done (default: the next one)' },
    { flags: '--percent <number>', means: 'share of the clients that the service serves in canary' },
    reasonOption,
    {
      flags: '--unverified <method>',
      means: 'a method, `upgrade` or `streaming` that no comparison covers; repeatable',
      isRepeated: true,
    },
    { flags: '--force', means: 'pass over a gate that is closed' },
  ],
  hasJson: true,
  examples: [
    { line: 'figway promote orders-read --reason "service is up"', does: 'legacy to shadow' },
    {
      line: 'figway promote orders-read --percent 25 --reason "quiet day"',
      does: 'more clients',
    },
    {
      line: 'figway promote orders --reason "build 412" --unverified POST',
      does: 'no comparison, but tests of the contract',
    },
    {
      line: 'figway promote --cohort checkout --to migrated --reason "ready"',
      does: 'all its routes',
    },
  ],
  notes: [
    'A running gateway of the same routes file judges the evidence, makes the move, and records who, why and',
    'the numbers. Without one nothing is known: beyond shadow it takes --force; the file is edited here, only',
    'in the lines that change, and the move is recorded as a hand edit. With `moves: propose` in the file the',
    'patch goes to stdout, the evidence to stderr, and nothing is written.',
    'Exits with 2 where the evidence is missing that the move needs, with 1 where a rule forbids it.',
  ],
  run: call => move(call, 'promote'),
};
