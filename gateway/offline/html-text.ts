const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML text or the value of an attribute. */
export const escape = (text: string): string =>
  text.toWellFormed().replace(/[&<>"']/g, found => entities[found] ?? found);

export const toText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
