/** Text in quotes, quoted names, comments; and what is left that matters. */
const parts = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g;
const maxKnown = 500;
const known = new Map<string, string>();

/** SQL with `$1, $2 …` in place of its `?`; those in quotes and comments stay. */
export function toNumbered(sql: string): string {
  const before = known.get(sql);
  if (before !== undefined) return before;
  let count = 0;
  const numbered = sql.replaceAll(parts, part => {
    if (part !== '?') return part;
    count += 1;
    return `$${count}`;
  });
  if (known.size >= maxKnown) known.clear();
  known.set(sql, numbered);
  return numbered;
}
