import { AdminRefusal } from './problems.ts';

/**
 * What somebody answers for instead of a comparison: methods in upper case, `upgrade`, `streaming`. Throws for anything
 * else, and for HEAD, which is judged as GET.
 */
export function toUnverified(named: readonly string[]): readonly string[] {
  return [...new Set(named.map(toOne))];
}

function toOne(name: string): string {
  const word = name.trim();
  if (/^(?:upgrade|streaming)$/i.test(word)) return word.toLowerCase();
  const method = word.toUpperCase();
  if (method === 'HEAD')
    throw new AdminRefusal('bad-request', 'unverified: HEAD is judged as GET: name that');
  if (/^[A-Z][A-Z-]{1,30}$/.test(method)) return method;
  throw new AdminRefusal(
    'bad-request',
    `unverified: expected a method, \`upgrade\` or \`streaming\`, got ${JSON.stringify(name.slice(0, 60))}`,
  );
}
