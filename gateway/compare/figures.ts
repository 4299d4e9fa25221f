/** Figures as people read them, the same on every machine. */

const counts = new Intl.NumberFormat('en-US');

/** `1,080`. */
export const toCount = (n: number): string => counts.format(n);

/** A share from 0 to 1, with as many digits as it needs: `12 %`, `0.25 %`. */
export const toPercent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

/** `1 request`, `12 requests`. */
export const toAmount = (n: number, one: string, many = `${one}s`): string =>
  `${toCount(n)} ${n === 1 ? one : many}`;

/** Milliseconds as one thinks of waiting: `about 12 minutes`, `about 30 hours`, `about 12 days`. */
export function toWait(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 600) return `about ${toAmount(Math.max(1, Math.ceil(minutes)), 'minute')}`;
  const hours = Math.ceil(minutes / 60);
  return hours < 72 ? `about ${toCount(hours)} hours` : `about ${toCount(Math.ceil(hours / 24))} days`;
}
