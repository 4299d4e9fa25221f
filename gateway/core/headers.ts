/** Pure helpers for header fields as flat raw pairs: `[name, value, name, value, …]`, bytes read as latin-1. */

/** Anything that a field value must not hold (RFC 9110 §5.5): CR, LF, NUL, other controls, and what is no byte. */
const notFieldValue = /[^\t\x20-\x7e\x80-\xff]/;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether it can be written as a field value without changing the message around it. */
export const isFieldValue = (text: string): boolean => !notFieldValue.test(text);

/** Whether it is a token (RFC 9110 §5.6.2), as names of fields and methods are. */
export const isToken = (text: string): boolean => token.test(text);

/** The members of a comma-separated list, lower case, without white space; empty ones left out. */
export function toListMembers(value: string): string[] {
  const members: string[] = [];
  for (const part of value.split(',')) {
    const member = part.trim().toLowerCase();
    if (member !== '') members.push(member);
  }
  return members;
}

/** The first value of a field, or undefined. `name` is lower case. */
export function fieldValue(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    const at = fields[i] as string;
    if (at.length === name.length && at.toLowerCase() === name) return fields[i + 1];
  }
  return undefined;
}

/** Removes, in place, every field that `isRemoved` says yes to; it is given the name in lower case. */
export function removeFields(fields: string[], isRemoved: (name: string) => boolean): void {
  let kept = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (isRemoved(name.toLowerCase())) continue;
    fields[kept] = name;
    fields[kept + 1] = fields[i + 1] as string;
    kept += 2;
  }
  fields.length = kept;
}

/**
 * The name as an upstream may read it that puts fields into variables: lower case, all that is neither letter nor
 * digit as `-`. So `X_User.Id` is `x-user-id`.
 */
export const foldName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

const identityNames: ReadonlySet<string> = new Set([
  'x-user-id',
  'x-user-scopes',
  'x-user-roles',
  'x-user-token',
  'x-shadow',
]);

/** Whether only the gateway may say it to an upstream, in whatever spelling (contract §4). */
export function isIdentityName(name: string): boolean {
  if ((name.charCodeAt(0) | 0x20) !== 0x78) return false;
  const folded = foldName(name);
  return identityNames.has(folded) || folded.startsWith('x-figway-');
}
