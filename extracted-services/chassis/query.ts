import { Problem } from './problem.ts';

/** A whole number from a query; undefined if it is not given. Throws the Problem 400 `bad-query`. */
export function readInteger(
  query: URLSearchParams,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const bound = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
  const detail = `expected a whole number ${bound}, got ${JSON.stringify(text.slice(0, 60))}`;
  throw new Problem(400, 'bad-query', `${name}: ${detail}`, { errors: [{ field: name, detail }] });
}
