/** The value of the first cookie of that name (RFC 6265 §5.4), without the quotes around it; undefined if there is none. */
export const cookieValue = (field: string | undefined, name: string): string | undefined =>
  field === undefined ? undefined : unquote(cookieValues(field, name)[0]);

const unquote = (value: string | undefined): string | undefined =>
  value !== undefined && value.length > 1 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1)
    : value;

/** The values of all cookies of that name as they came, in their order. */
export function cookieValues(field: string, name: string): readonly string[] {
  if (!field.includes(name)) return none;
  const values: string[] = [];
  for (const pair of field.split(';')) {
    const at = pair.indexOf('=');
    if (at === -1 || pair.slice(0, at).trim() !== name) continue;
    values.push(pair.slice(at + 1).trim());
  }
  return values;
}

const none: readonly string[] = [];
