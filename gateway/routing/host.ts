/** A Host field as routes name hosts: lower case, without port; empty if there is none. */
export function hostOf(field: string | undefined): string {
  if (field === undefined) return '';
  const port = field.lastIndexOf(':');
  const host = port > field.lastIndexOf(']') ? field.slice(0, port) : field;
  return host.toLowerCase();
}
