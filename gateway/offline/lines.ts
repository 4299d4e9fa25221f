import { createReadStream } from 'node:fs';

/** One line of a file, or that it is too long to be kept. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly fault: string };

/** Longest line in bytes: two bodies of several MiB in base64 fit. */
const maxLine = 64 * 1024 * 1024;

/** The lines of a file, or of stdin for `-`, one after the other: never more than one of them in memory. */
export function readLines(file: string): AsyncGenerator<Line> {
  return splitLines(file === '-' ? process.stdin : createReadStream(file), maxLine);
}

export async function* splitLines(source: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 1;
  const end = (): Line => {
    const text = Buffer.concat(parts).toString('utf8');
    const line =
      bytes > most
        ? { number, fault: `expected at most ${most} bytes, got ${bytes}` }
        : { number, text: number === 1 ? text.replace(/^\uFEFF/, '') : text };
    [parts, bytes, number] = [[], 0, number + 1];
    return line;
  };
  const add = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes > most) parts = [];
    else parts.push(part);
  };
  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, at));
      from = at + 1;
      yield end();
    }
    add(chunk.subarray(from));
  }
  if (bytes > 0) yield end();
}
