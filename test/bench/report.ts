import { asks, asksTable, type FigureName, type Figures, judge } from './asks.ts';
import type { Machine } from './machine.ts';
import type { Section } from './part.ts';
import { toMarkdown, toText } from './table.ts';

/** A whole run, as it is printed, written, or given as JSON. */
export interface Report {
  readonly machine: Machine;
  readonly date: string;
  readonly command: string;
  /** How it was measured: what loads, what answers, who has which core. */
  readonly method: readonly string[];
  readonly sections: readonly Section[];
}

export const figuresOf = (sections: readonly Section[]): Figures =>
  Object.assign({}, ...sections.map(({ figures }) => figures));

/** What a reader must not miss: asks that are not met, or that nobody measured. */
export function remarks(figures: Figures): string[] {
  const names = Object.keys(asks) as FigureName[];
  const those = (judgement: string): string[] =>
    names.filter(name => judge(asks[name], figures[name]) === judgement).map(name => asks[name].figure);
  return [
    ...those('no').map(figure => `Falls short: ${figure}.`),
    ...those('not measured').map(figure => `Not measured in this run: ${figure}.`),
  ];
}

const bullets = (lines: readonly string[]): string => lines.map(line => `- ${line}`).join('\n');

const machineLines = (machine: Machine): string[] => [
  `Processor: ${machine.cpu}, ${machine.cores} cores; memory: ${machine.memory}`,
  `System: ${machine.system}; Node ${machine.node}; open files: ${machine.openFiles}`,
];

/** For a terminal. */
export function toTerminal({ machine, method, sections }: Report): string {
  const parts = sections.map(({ title, table, notes }) =>
    [title, ...(table === undefined ? [] : [toText(table)]), bullets(notes)].join('\n\n'),
  );
  const figures = figuresOf(sections);
  const head = bullets([...machineLines(machine), ...method]);
  return `${[head, ...parts, `Asked and measured\n\n${toText(asksTable(figures))}`].join('\n\n')}\n`;
}

/** For test/bench/RESULTS.md. */
export function toPage({ machine, date, command, method, sections }: Report): string {
  const figures = figuresOf(sections);
  const parts = sections.map(({ title, table, notes }) =>
    [`## ${title}`, ...(table === undefined ? [] : [toMarkdown(table)]), bullets(notes)].join('\n\n'),
  );
  return `${[
    '# What was measured',
    `Written by \`${command}\` on ${date}. Absolute figures belong to this machine; ratios travel better.`,
    bullets([...machineLines(machine), ...method]),
    `## Asked and measured\n\n${toMarkdown(asksTable(figures))}`,
    ...(remarks(figures).length === 0 ? [] : [bullets(remarks(figures))]),
    ...parts,
  ].join('\n\n')}\n`;
}
