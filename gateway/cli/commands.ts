import { check } from './check.ts';
import type { Command } from './command.ts';
import { comparePairs } from './compare-pairs.ts';
import { compareReplay } from './compare-replay.ts';
import { discover } from './discover.ts';
import { explain } from './explain.ts';
import { hold } from './hold.ts';
import { init } from './init.ts';
import { key } from './key.ts';
import { leftovers } from './leftovers.ts';
import { preview } from './preview.ts';
import { promote } from './promote.ts';
import { record } from './record.ts';
import { release } from './release.ts';
import { rollback } from './rollback.ts';
import { rule } from './rule.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { test } from './test.ts';

/** In the order of the help. */
export const commands: readonly Command[] = [
  init,
  check,
  test,
  explain,
  discover,
  start,
  status,
  preview,
  promote,
  rollback,
  hold,
  release,
  record,
  leftovers,
  rule,
  comparePairs,
  compareReplay,
  key,
];
