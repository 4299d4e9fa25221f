const hour = 3_600_000;

/**
 * Milliseconds since 1970 as the shop writes them: `2026-03-04 05:06:07`, the wall clock of Berlin, whatever the
 * time zone of the machine. The hour in which summer time ends is written twice; nothing tells the two apart.
 */
export const toLocal = (at: number): string =>
  new Date(at + (isSummer(at) ? 2 * hour : hour)).toISOString().slice(0, 19).replace('T', ' ');

/** Summer time lasts from the last Sunday of March to that of October, both at 01:00 UTC. */
function isSummer(at: number): boolean {
  const year = new Date(at).getUTCFullYear();
  return at >= lastSunday(year, 2) && at < lastSunday(year, 9);
}

/** 01:00 UTC on the last Sunday of a month, which counts from 0. */
function lastSunday(year: number, month: number): number {
  const lastDay = Date.UTC(year, month + 1, 0, 1);
  return lastDay - new Date(lastDay).getUTCDay() * 24 * hour;
}
