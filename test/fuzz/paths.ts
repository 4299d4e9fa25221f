import fc from 'fast-check';
import { demand, type Kind, mutated, toKind } from './kind.ts';
import { sightOf, type Target } from './target.ts';

const seeds = ['/orders/1', '/files', '/a/../orders/1', '/', '/orders/1?a=b', '/Orders/1/', '/orders;x/1'];

const morsels = [
  ...[
    '/',
    '//',
    '\\',
    '.',
    '..',
    '/./',
    '/../',
    '%2e',
    '%2E%2e',
    '%2f',
    '%5C',
    '%',
    '%zz',
    '%25',
    '%00',
    '%c0%ae',
  ],
  ...[
    ';',
    ';a=b',
    '?',
    '#',
    '%3f',
    '%23',
    '%6f',
    '%4f',
    'orders',
    '/orders/',
    '*',
    ':',
    '@',
    '%e2%80%ae',
    '%ff',
  ],
];

/** Request targets: each goes on byte for byte or not at all, and none walks around the route to the monolith. */
export const paths = (target: Target): Kind =>
  toKind(
    'paths',
    fc.record({ path: mutated(seeds, morsels), method: fc.constantFrom('GET', 'POST', 'OPTIONS') }),
    async ({ path, method }) => {
      const said = await target.say(`${method} ${path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`);
      const seen = sightOf(said);
      if (seen === undefined) return;
      demand(seen.target === path, `${JSON.stringify(path)} was forwarded as ${JSON.stringify(seen.target)}`);
      demand(seen.side === 'orders' || !isOrder(path), `${JSON.stringify(path)} went to the monolith`);
    },
  );

/** Whether a server that decodes once, takes a backslash for a slash and resolves dots would serve an order. */
function isOrder(path: string): boolean {
  const sent = /^[^?#]*/.exec(path)?.[0] ?? '';
  const read = sent.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const segments: string[] = [];
  for (const segment of read.split(/[/\\]/)) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  // A slash at the end or parameters make a near miss, which is the monolith's.
  const isNear = /[/\\]\.{0,2}$/.test(read) || read.includes(';');
  return !isNear && segments.length === 2 && segments[0] === 'orders';
}
