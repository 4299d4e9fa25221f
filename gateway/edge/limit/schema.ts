import { duration, either, exactly, integer, rate, shape, text } from '../../config/define.ts';
import { mode } from '../mode.ts';

/** `600/1m`, or the long form with what is counted. */
export const limit = either([
  rate(),
  shape({
    requests: integer(1, 1_000_000_000).describe('How many requests, 1 to 1,000,000,000'),
    window: duration().describe("In which time, 100ms to 31d; it begins with a client's first request"),
    by: text('client, user, ip, key or header:NAME')
      .default('client')
      .describe(
        'What tells clients apart: `client` (user, else key, else address), `user`, `ip`, `key` or `header:NAME`; who has none counts by the address, an IPv6 one by its /56',
      ),
    mode: mode().optional(),
  }),
]);

export const bruteForce = either([exactly('off'), rate()]);
export const total = rate();
