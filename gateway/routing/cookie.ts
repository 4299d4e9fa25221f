/** The value of the first cookie of that name (RFC 6265 §5.4), without the quotes around it; undefined if there is none. */
export function cookieValue(field: string | undefined, name: string): string | undefined {
  if (field === undefined || !field.includes(name)) return undefined;
  for (const pair of field.split(';')) {
    const at = pair.indexOf('=');
    if (at === -1 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  }
  return undefined;
}
