/** A table of ready text. The first column is aligned left, the others right. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const cell = (text: string, width: number, column: number): string =>
  column === 0 ? text.padEnd(width) : text.padStart(width);

/** For a terminal: columns padded to their widest cell, two spaces between. */
export function toText({ columns, rows }: Table): string {
  const widths = columns.map((name, column) =>
    Math.max(name.length, ...rows.map(row => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => cell(cells[column] ?? '', width, column))
      .join('  ')
      .trimEnd();
  const rule = widths.map(width => '─'.repeat(width)).join('  ');
  return [line(columns), rule, ...rows.map(line)].join('\n');
}

const escapePipes = (text: string): string => text.replaceAll('|', '\\|');

/** For a Markdown page. */
export function toMarkdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${columns.map((_, column) => escapePipes(cells[column] ?? '')).join(' | ')} |`;
  const rule = `|${columns.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}
