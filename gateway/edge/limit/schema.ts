import { duration, either, exactly, integer, rate, shape, text } from '../../config/define.ts';
import { mode } from '../mode.ts';

/** `600/1m`, or the long form with what is counted. */
export const limit = either([
  rate(),
  shape({
    requests: integer(1, 1_000_000_000).describe('How many'),
    window: duration().describe('In which time'),
    by: text('client, user, ip, key or header:NAME')
      .default('client')
      .describe(
        'What is counted: `client` (user, else key, else address), `user`, `ip`, `key` or `header:NAME`',
      ),
    mode: mode().optional(),
  }),
]);

export const bruteForce = either([exactly('off'), rate()]);
export const total = rate();
