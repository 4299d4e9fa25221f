/** A recording of whatever kind → its requests, one after the other. */
import { createReadStream } from 'node:fs';
import { readCommon, readLoadBalancer } from './access-log.ts';
import { readHar } from './har.ts';
import { parseObject, readJsonLog } from './json-log.ts';
import { splitLines } from './lines.ts';
import { readPairLine } from './pair-lines.ts';
import type { Read, ReadLine } from './recorded.ts';

/** `common`: combined too; `elb`: classic and application load balancers; `pairs`: what `figway record` writes. */
export const formats = ['har', 'common', 'elb', 'json', 'pairs'] as const;
export type Format = (typeof formats)[number];

const lineReaders: Readonly<Record<Exclude<Format, 'har'>, ReadLine>> = {
  common: readCommon,
  elb: readLoadBalancer,
  json: readJsonLog,
  pairs: readPairLine,
};

/** Bytes that are looked at to tell the format. */
const glance = 64 * 1024;
/** Longest line of a recording, bytes: a request with its body, and both answers. */
const maxLine = 64 * 1024 * 1024;

export interface Recording {
  readonly format: Format;
  readonly reads: AsyncGenerator<Read>;
}

/**
 * Opens a file, or stdin for `-`. Rejects with the system's error where it cannot be read.
 * @param format undefined: by what it begins with.
 * @returns undefined where nothing tells the format.
 */
export async function openRecording(
  file: string,
  format: Format | undefined,
): Promise<Recording | undefined> {
  const source: AsyncIterable<Uint8Array> = file === '-' ? process.stdin : createReadStream(file);
  return readRecording(source, format);
}

export async function readRecording(
  source: AsyncIterable<Uint8Array>,
  format: Format | undefined,
): Promise<Recording | undefined> {
  const chunks = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  for (let bytes = 0; bytes < glance; ) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    first.push(value);
    bytes += value.length;
  }
  const found = format ?? detectFormat(Buffer.concat(first).toString('utf8'));
  if (found === undefined) {
    await chunks.return?.();
    return undefined;
  }
  const whole = concat(first, chunks);
  return { format: found, reads: found === 'har' ? readHar(whole) : readLines(whole, lineReaders[found]) };
}

async function* concat(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>) {
  try {
    yield* first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* readLines(source: AsyncIterable<Uint8Array>, read: ReadLine): AsyncGenerator<Read> {
  for await (const line of splitLines(source, maxLine)) {
    const place = `line ${line.number}`;
    if ('fault' in line) yield { place, fault: line.fault };
    else if (line.text.trim() !== '' && !line.text.startsWith('#'))
      yield { place, ...read(line.text.replace(/\r$/, '')) };
  }
}

/** The format of a text by its beginning: the one whose reader understands most of its first lines. */
export function detectFormat(start: string): Format | undefined {
  const text = start.replace(/^\uFEFF/, '');
  if (/^\s*\{\s*"log"\s*:\s*\{/.test(text)) return 'har';
  const lines = text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .slice(0, 20);
  const scores = (['pairs', 'elb', 'common', 'json'] as const).map(format => ({
    format,
    score: lines.filter(line => fits(format, line)).length,
  }));
  const best = scores.reduce((a, b) => (b.score > a.score ? b : a));
  if (best.score > 0) return best.format;
  return /^\s*\{/.test(text) && /"entries"\s*:\s*\[/.test(text) ? 'har' : undefined;
}

function fits(format: Exclude<Format, 'har'>, line: string): boolean {
  const read = lineReaders[format](line.replace(/\r$/, ''));
  // What is recorded and cannot be asked again, since it was redacted, is recorded all the same.
  if (format === 'pairs') return !('fault' in read);
  if (format !== 'json') return 'request' in read;
  const isOurs = 'passed' in read && parseObject(line)?.level !== undefined;
  return 'request' in read || isOurs;
}
