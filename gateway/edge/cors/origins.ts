/** `https://shop.example.com`, `https://*.example.com`, both with a port if need be, `null` or `*`. */
const originPattern =
  /^(?:\*|null|[a-z][a-z\d+.-]*:\/\/(?:\*\.)?(?:[^\s/?#@*[\]:]+|\[[\da-f:.]+\])(?::\d{1,5})?)$/i;

export const isOriginPattern = (text: string): boolean => originPattern.test(text);

/** Which origins (RFC 6454) a list of patterns names. `*.` stands for one or more labels, never for none. */
export function compileOrigins(patterns: readonly string[]): (origin: string) => boolean {
  const exact = new Set<string>();
  const wild: { readonly start: string; readonly end: string }[] = [];
  for (const pattern of patterns) {
    const text = pattern.toLowerCase();
    const [start = '', end] = text.split('*.');
    if (end === undefined) exact.add(text);
    else wild.push({ start, end: `.${end}` });
  }
  if (exact.has('*')) return () => true;
  return origin => {
    const text = origin.toLowerCase();
    return exact.has(text) || wild.some(({ start, end }) => isBetween(text, start, end));
  };
}

/** Whether labels of a host name, and nothing else, stand between both. */
const isBetween = (text: string, start: string, end: string): boolean =>
  text.length > start.length + end.length &&
  text.startsWith(start) &&
  text.endsWith(end) &&
  /^[a-z\d_](?:[a-z\d_.-]*[a-z\d_])?$/.test(text.slice(start.length, -end.length));
