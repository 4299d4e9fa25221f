/** What a value is called: `id` for the first of a template, then after the word before it (`/orders/:id/lines/:lineId`). */
export function nameOf(before: string, taken: readonly string[]): string {
  const first = taken.length === 0 ? 'id' : /^[a-z]/i.test(before) ? `${toWord(before)}Id` : 'id';
  let name = first;
  for (let number = 2; taken.includes(name); number += 1) name = `${first}${number}`;
  return name;
}

/** `order-lines` → `orderLine`. */
const toWord = (text: string): string =>
  toSingular(
    text
      .replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase())
      .replace(/^[A-Z]/, capital => capital.toLowerCase()),
  );

function toSingular(word: string): string {
  if (/ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) ? word.slice(0, -1) : word;
}
