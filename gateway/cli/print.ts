import { styleText } from 'node:util';
import { type Cell, clean, layTable, type Style } from './table.ts';

/** Where a command says what it has to say. This file alone writes to stdout and stderr. */
export interface Print {
  /** stdout is a terminal. */
  readonly isTerminal: boolean;
  /** Colours are welcome on stdout: a terminal or FORCE_COLOR, and no NO_COLOR. */
  readonly isColoured: boolean;
  /** A line of the answer, on stdout. */
  line(text?: string): void;
  /** The whole answer as one JSON document, on stdout. */
  json(value: unknown): void;
  /** Aligned columns under a head, cut to the width of the terminal. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): void;
  paint(style: Style, text: string): string;
  /** A remark that is no part of the answer, on stderr. */
  note(text: string): void;
  /** `figway: …`, on stderr. */
  error(text: string): void;
  /**
   * Waits for `task`; where stderr is a terminal, a bar moves there once that takes longer than a second. A label that is
   * a function is asked for anew each time: `replaying 12 of 812`.
   */
  during<T>(label: string | (() => string), task: Promise<T>): Promise<T>;
  /** Wipes the terminal, for what is drawn again and again. */
  clear(): void;
}

const barWidth = 24;
const quietMs = 1000;
const frameMs = 100;

export function createPrint(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Print {
  for (const stream of [stdout, stderr]) stream.on('error', leaveOnBrokenPipe);
  const out = (text: string) => void stdout.write(text);
  const err = (text: string) => void stderr.write(text);
  const paintOn = (stream: NodeJS.WriteStream) => (style: Style, text: string) =>
    style === 'plain' ? text : styleText(style, text, { stream });
  const paint = paintOn(stdout);
  const width = stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
  return {
    isTerminal: stdout.isTTY === true,
    isColoured: paint('red', 'x') !== 'x',
    line: (text = '') => out(`${text}\n`),
    json: value => out(`${JSON.stringify(value, undefined, 2)}\n`),
    table(head, rows) {
      for (const line of layTable(head, rows, width, paint)) out(`${line}\n`);
    },
    paint,
    note: text => err(`${text}\n`),
    error: text => err(`${paintOn(stderr)('red', 'figway:')} ${clean(text)}\n`),
    during: (label, task) => (stderr.isTTY ? showBar(label, task, err) : task),
    clear: () => {
      if (stdout.isTTY) out('\x1b[2J\x1b[H');
    },
  };
}

async function showBar<T>(
  label: string | (() => string),
  task: Promise<T>,
  write: (text: string) => void,
): Promise<T> {
  const told = typeof label === 'string' ? () => label : label;
  let frames = 0;
  const timer = setInterval(() => {
    frames++;
    if (frames * frameMs >= quietMs) write(`\r\x1b[2K${told()} ${drawBar(frames)}`);
  }, frameMs);
  try {
    return await task;
  } finally {
    clearInterval(timer);
    if (frames * frameMs >= quietMs) write('\r\x1b[2K');
  }
}

function drawBar(frame: number): string {
  const at = frame % barWidth;
  return `[${'·'.repeat(at)}━${'·'.repeat(barWidth - at - 1)}]`;
}

/** `figway status | head -1`: the reader has gone, and that is no error. */
function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}
