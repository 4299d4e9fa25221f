import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createPrint } from '../../gateway/cli/print.ts';
import { clean, layTable } from '../../gateway/cli/table.ts';

const plain = (_: string, text: string) => text;

/** A stream that remembers, and says that it is a terminal. */
function openTerminal(columns = 80) {
  const stream = new PassThrough();
  let seen = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  const terminal = Object.assign(stream, { isTTY: true, columns }) as unknown as NodeJS.WriteStream;
  return { terminal, seen: () => seen };
}

describe('a table', () => {
  const rows = [
    ['orders', 7, 'free text'],
    ['a-much-longer-name', 1234, 'x'],
  ];

  it('aligns words on the left and numbers on the right', () => {
    expect(layTable(['route', 'requests', 'note'], rows, Number.POSITIVE_INFINITY, plain)).toEqual([
      'route               requests  note',
      'orders                     7  free text',
      'a-much-longer-name      1234  x',
    ]);
  });

  it('is cut to the width of the terminal, the widest column first', () => {
    const lines = layTable(['route', 'requests', 'note'], rows, 32, plain);
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(32);
    expect(lines[2]).toBe('a-much-lon…      1234  x');
  });

  it('keeps from the terminal what it would obey', () => {
    expect(clean('a\u001b[2Jb\nc')).toBe('a\uFFFD[2Jb\uFFFDc');
    expect(layTable(['x'], [['\u001b]0;title\u0007']], 80, plain)[1]).not.toMatch(/[\u001b\u0007]/);
  });
});

describe('waiting', () => {
  it('shows a bar on a terminal after a second, and wipes it in the end', async () => {
    const out = openTerminal();
    const err = openTerminal();
    const print = createPrint(out.terminal, err.terminal);
    const { promise, resolve } = Promise.withResolvers<string>();
    const waited = print.during('asking', promise);
    await expect.poll(err.seen, { timeout: 5000 }).toMatch(/asking \[·+━·*\]/);
    resolve('answer');
    expect(await waited).toBe('answer');
    expect(err.seen()).toMatch(/\r\u001b\[2K$/);
    expect(out.seen()).toBe('');
  });

  it('shows nothing for what is quick', async () => {
    const err = openTerminal();
    const print = createPrint(openTerminal().terminal, err.terminal);
    await print.during('asking', Promise.resolve());
    expect(err.seen()).toBe('');
  });
});
