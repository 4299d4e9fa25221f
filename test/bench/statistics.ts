/** The middle value; the mean of the two middle ones for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(half)] ?? Number.NaN;
  return ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}

/** How far the rounds lie apart: (highest − lowest) ÷ median. 0.1 is ten percent; 0 for a single round. */
export function spread(values: readonly number[]): number {
  if (values.length < 2) return 0;
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** `a ÷ b`; undefined where one of them was not measured. */
export function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b;
}

/**
 * `a ÷ b` of values that were measured in turn: the median of each round's own ratio, since what slows the machine down for a
 * while slows both. Undefined where one of them was not measured.
 */
export function ratioInTurn(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
): number | undefined {
  const ratios = (a ?? []).flatMap((value, round) => ratio(value, b?.[round]) ?? []);
  return ratios.length === 0 ? undefined : median(ratios);
}

/** `12345.6` as `12,346`; `–` for what was not measured. */
export function whole(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : Math.round(value).toLocaleString('en-US');
}

/** A number with a fixed count of decimals; `–` for what was not measured. */
export function decimal(value: number | undefined, digits = 2): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}
