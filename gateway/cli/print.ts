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
  /** A bar on stderr, drawn only on a terminal and only once a second has passed. */
  progress(label: string): Progress;
  /** Wipes the terminal, for what is drawn again and again. */
  clear(): void;
}

export interface Progress {
  /** Call it now and then; without a total the bar only moves. */
  step(done: number, total?: number): void;
  close(): void;
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
    progress: label => createProgress(label, stderr.isTTY ? err : undefined),
    clear: () => {
      if (stdout.isTTY) out('\x1b[2J\x1b[H');
    },
  };
}

function createProgress(label: string, write: ((text: string) => void) | undefined): Progress {
  const began = performance.now();
  let drawnAt = 0;
  return {
    step(done, total) {
      const now = performance.now();
      if (write === undefined || now - began < quietMs || now - drawnAt < frameMs) return;
      drawnAt = now;
      write(`\r\x1b[2K${label} ${drawBar(now - began, done, total)}`);
    },
    close() {
      if (drawnAt > 0) write?.('\r\x1b[2K');
    },
  };
}

function drawBar(ms: number, done: number, total: number | undefined): string {
  if (total === undefined) {
    const at = Math.floor(ms / frameMs) % barWidth;
    return `[${'·'.repeat(at)}━${'·'.repeat(barWidth - at - 1)}] ${done}`;
  }
  const full = Math.round((barWidth * Math.min(done, total)) / Math.max(total, 1));
  return `[${'━'.repeat(full)}${'·'.repeat(barWidth - full)}] ${done} of ${total}`;
}

/** `figway status | head -1`: the reader has gone, and that is no error. */
function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}
