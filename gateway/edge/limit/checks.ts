import type { Finding, KeyPath } from '../../config/problem.ts';
import { formatDuration, type Rate } from '../../core/units.ts';

const shortest = 100;
const longest = 31 * 86_400_000;
const most = 1_000_000_000;

const isBy = /^(?:client|user|ip|key|header:[!#$%&'*+.^_`|~\w-]+)$/;

/** What a rule may say, wherever it stands: `600/1m` or the long form. */
export function* checkRate(
  rate: (Rate & { readonly by?: string }) | undefined,
  path: KeyPath,
): Generator<Finding> {
  if (rate === undefined) return;
  const bad = (message: string, key?: string): Finding => ({
    severity: 'error',
    code: 'bad-value',
    // The short form is one value.
    path: rate.by === undefined || key === undefined ? path : [...path, key],
    message,
  });
  const { requests, window, by } = rate;
  if (requests < 1 || requests > most)
    yield bad(`expected 1 to ${most} requests, got ${requests}`, 'requests');
  if (window < shortest || window > longest)
    yield bad(
      `expected a window from ${formatDuration(shortest)} to ${formatDuration(longest)}, got ${formatDuration(window)}`,
      'window',
    );
  if (by !== undefined && !isBy.test(by))
    yield bad(`expected client, user, ip, key or header:NAME, got ${by}`, 'by');
}

/** The message does not repeat an address that may hold a password. */
export function* checkRedis({ redis = '' }: { readonly redis?: string | undefined }): Generator<Finding> {
  if (redis !== '' && !isRedisAddress(redis))
    yield {
      severity: 'error',
      code: 'bad-value',
      path: ['redis'],
      message: 'expected an address such as redis://127.0.0.1:6379 or rediss://user:password@host:6379/0',
    };
}

function isRedisAddress(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'redis:' || url.protocol === 'rediss:') &&
    url.hostname !== '' &&
    /^(?:\/\d*)?$/.test(url.pathname)
  );
}
