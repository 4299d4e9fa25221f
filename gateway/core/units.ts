/** Milliseconds in one of each unit of duration. */
const durations: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes in one of each unit of size. */
const sizes: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

export const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
export const sizePattern = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/;
export const percentPattern = /^(\d+(?:\.\d+)?)%$/;
export const ratePattern = /^(\d+)\/(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

const measure = (text: string, pattern: RegExp, units: Record<string, number>): number | undefined => {
  const found = pattern.exec(text);
  return found === null ? undefined : Number(found[1]) * (units[found[2] ?? ''] ?? Number.NaN);
};

/** `500ms`, `2s`, `1m`, `1h`, `14d` in milliseconds; undefined for anything else, a bare number included. */
export const parseDuration = (text: string): number | undefined => measure(text, durationPattern, durations);

/** `64KiB`, `10MiB` in bytes, rounded down; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const bytes = measure(text, sizePattern, sizes);
  return bytes === undefined ? undefined : Math.floor(bytes);
}

/** `50%` as 50; undefined for anything else. Not bounded to 100. */
export function parsePercent(text: string): number | undefined {
  const found = percentPattern.exec(text);
  return found === null ? undefined : Number(found[1]);
}

/** `600/1m` as requests and a window in milliseconds. */
export interface Rate {
  readonly requests: number;
  readonly window: number;
}

export function parseRate(text: string): Rate | undefined {
  const found = ratePattern.exec(text);
  if (found === null) return undefined;
  return { requests: Number(found[1]), window: Number(found[2]) * (durations[found[3] ?? ''] ?? Number.NaN) };
}

/** Milliseconds as people write them: `500ms`, `2s`, `1h`, `14d`; the largest unit that divides it. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const one = durations[unit] ?? 1;
    if (ms >= one && ms % one === 0) return `${ms / one}${unit}`;
  }
  return `${ms}ms`;
}

/** Bytes as people write them: `64KiB`, `10MiB`, `1.5GiB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB'] as const) {
    const one = sizes[unit] ?? 1;
    if (bytes >= one) return `${Math.round((bytes / one) * 100) / 100}${unit}`;
  }
  return `${bytes}B`;
}
