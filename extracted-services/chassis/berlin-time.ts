/** The monolith's times: Berlin's wall clock as `2026-03-04 05:06:07`, without a zone. */

const hour = 3_600_000;

/** Such a time → ISO 8601 in UTC. A time that happened twice is read as the first one. */
export function toInstant(local: string): string {
  const asUtc = Date.parse(`${local.replace(' ', 'T')}Z`);
  const at = isSummer(asUtc - 2 * hour) ? asUtc - 2 * hour : asUtc - hour;
  return new Date(at).toISOString();
}

export function toLocal(instant: string): string {
  const at = Date.parse(instant);
  return new Date(at + (isSummer(at) ? 2 * hour : hour)).toISOString().slice(0, 19).replace('T', ' ');
}

/** Summer time lasts from the last Sunday of March to that of October, both at 01:00 UTC. */
function isSummer(at: number): boolean {
  const year = new Date(at).getUTCFullYear();
  return at >= lastSunday(year, 2) && at < lastSunday(year, 9);
}

function lastSunday(year: number, month: number): number {
  const lastDay = Date.UTC(year, month + 1, 0, 1);
  return lastDay - new Date(lastDay).getUTCDay() * 24 * hour;
}
