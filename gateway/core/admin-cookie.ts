/** How the name of the dashboard's session cookie begins; its port comes after that. */
export const adminCookiePrefix = 'figway-admin-';

/** A Cookie value without the dashboard's sessions: they are for the admin port alone. The rest is as it came. */
export function dropAdminCookies(value: string): string {
  if (!value.includes(adminCookiePrefix)) return value;
  const kept = value.split(';').filter(pair => !pair.trimStart().startsWith(adminCookiePrefix));
  return kept.join(';').trimStart();
}
