export type Style = 'plain' | 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Text, or text with a colour; numbers stand on the right. */
export type Cell = string | number | { readonly text: string; readonly style: Style };

const gap = '  ';
/** A column is never cut below this. */
const narrowest = 8;

/**
 * The lines of a table: columns as wide as their longest cell, the widest column cut with `…`
 * until a line fits into `width`.
 */
export function layTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  width: number,
  paint: (style: Style, text: string) => string,
): string[] {
  const widths = head.map((title, column) =>
    Math.max(lengthOf(title), ...rows.map(row => lengthOf(textOf(row[column] ?? '')))),
  );
  shrink(widths, width - gap.length * (widths.length - 1));
  const isNumeric = head.map(
    (_, column) => rows.length > 0 && rows.every(row => isNumber(textOf(row[column] ?? ''))),
  );
  const place = (cells: readonly Cell[], style: Style) =>
    cells
      .map((cell, column) => {
        const isLast = column === cells.length - 1;
        const padded = pad(textOf(cell), widths[column] ?? 0, isNumeric[column] === true, isLast);
        return paint(typeof cell === 'object' ? cell.style : style, padded);
      })
      .join(gap)
      .trimEnd();
  return [place(head, 'dim'), ...rows.map(row => place(row, 'plain'))];
}

function shrink(widths: number[], room: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= narrowest) return;
    widths[widest] = width - 1;
    excess--;
  }
}

function pad(text: string, width: number, isRight: boolean, isLast: boolean): string {
  const cut = lengthOf(text) > width ? `${[...text].slice(0, width - 1).join('')}…` : text;
  const space = ' '.repeat(Math.max(0, width - lengthOf(cut)));
  if (isRight) return space + cut;
  return isLast ? cut : cut + space;
}

const textOf = (cell: Cell): string => clean(String(typeof cell === 'object' ? cell.text : cell));
const lengthOf = (text: string): number => [...text].length;
const isNumber = (text: string): boolean => /^(-|[\d.,]+\s?(%|ms)?)$/.test(text);

/** A name or a reason may hold what a terminal would obey. */
export const clean = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
