import type { RecordEnd, RecordOrder } from './recording.ts';

/** What recording may take: of all recordings together, and of one. */
export const recordBounds = {
  /** At once. */
  recordings: 2,
  /** Bytes of one body, and of all that are held. */
  body: 256 * 1024,
  held: 16 * 1024 * 1024,
  /** Lines of one recording: a second, and its bytes in all. */
  linesPerSecond: 50,
  bytes: 256 * 1024 * 1024,
} as const;

/** One recording: who gets its lines, and what it has taken. */
export interface RecordAccount {
  readonly order: RecordOrder;
  readonly counts: { recorded: number; leftOut: number };
  bytes: number;
  second: number;
  inSecond: number;
  end(why: RecordEnd | undefined): void;
}

export const openAccount = (order: RecordOrder, end: RecordAccount['end']): RecordAccount => ({
  ...{ order, end, counts: { recorded: 0, leftOut: 0 }, bytes: 0, second: 0, inSecond: 0 },
});

/** Whether it takes one more line in this second; else that is counted as left out. @param now monotonic, milliseconds. */
export function admitLine(account: RecordAccount, now: number): boolean {
  const second = Math.floor(now / 1000);
  if (account.second !== second) [account.second, account.inSecond] = [second, 0];
  const hasRoom = account.inSecond < recordBounds.linesPerSecond;
  if (hasRoom) account.inSecond++;
  else account.counts.leftOut++;
  return hasRoom;
}

/** Hands over a line that was admitted. A recording that is full ends. */
export function giveLine(account: RecordAccount, line: string): void {
  if (!account.order.write(line)) {
    account.counts.leftOut++;
    return;
  }
  account.counts.recorded++;
  account.bytes += Buffer.byteLength(line);
  if (account.bytes >= recordBounds.bytes) account.end('bytes');
}
